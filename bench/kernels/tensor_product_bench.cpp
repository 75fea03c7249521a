// The tensor-product convolution of every level, forward and backward, on the atoms' graph of stage 2: 85
// residues in 4 frames.
#include "kernels/tensor_product.hpp"

#include "bench/support/cases.hpp"
#include "bench/support/job_flops.hpp"
#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kEdge = 12, kHidden = kHiddenRows - 1;

struct Arrays {
  const Stage2Job& job;
  int level, n;
  Tensor<float> edge, x, first, first_bias, last, last_bias, out;
  Tensor<float> dedge, dx, dfirst, dfirst_bias, dlast, dlast_bias;

  Arrays(const Stage2Job& stage2, int tensor_level)
      : job(stage2),
        level(tensor_level),
        n(job.trace.n_atoms),
        edge(normal({job.atoms.atom_graph.n_edges(), kEdge}, 1)),
        x(normal({n, feature_width(level)}, 2)),
        first(normal({kHidden, kEdge + 2 * kScalarChannels}, 3)),
        first_bias(normal({kHidden}, 4)),
        last(normal({n_tensor_weights(level), kHidden}, 5)),
        last_bias(normal({n_tensor_weights(level)}, 6)),
        out(normal({n, feature_width(level + 1)}, 7)),
        dedge(edge.shape()),
        dx(x.shape()),
        dfirst(first.shape()),
        dfirst_bias(first_bias.shape()),
        dlast(last.shape()),
        dlast_bias(last_bias.shape()) {}

  EdgeNetwork<float> network() const {
    return {EndOrder::receiver_first, kScalarChannels, edge, x, x, first, first_bias};
  }
  Flops flops() const { return convolution_flops(level, job.atoms.atom_graph.n_edges(), n, n); }
  double bytes() const {
    return kFloat * (double(job.atoms.atom_edges.y_E9.size()) + double(edge.size()) + double(x.size()) +
                     double(out.size())) +
           kInt * job.atoms.atom_graph.n_edges();
  }
};

const Stage2Job& shared_job() {
  static const Stage2Job job(85, 4, 1);
  return job;
}

auto forward(int level) {
  return [=](Cpu) {
    Arrays a(shared_job(), level);
    const Work work{a.flops().forward, a.bytes()};
    return KernelCase{work, [a = std::move(a)](Cpu be) mutable {
                        tensor_product_convolution<float>(be, TensorProductForm::automatic, a.level,
                                                          a.job.atoms.atom_graph, a.job.atoms.atom_edges.y_E9,
                                                          a.network(), std::as_const(a.last),
                                                          std::as_const(a.last_bias), a.out);
                      }};
  };
}

auto backward(int level) {
  return [=](Cpu) {
    Arrays a(shared_job(), level);
    const Work work{a.flops().backward,
                    a.bytes() + 2 * kFloat * (double(a.dedge.size()) + double(a.dx.size()))};
    return KernelCase{work, [a = std::move(a)](Cpu be) mutable {
                        tensor_product_convolution_backward<float>(
                            be, TensorProductForm::automatic, a.level, a.job.atoms.atom_graph,
                            a.job.atoms.atom_edges.y_E9, a.network(), std::as_const(a.last),
                            std::as_const(a.last_bias), std::as_const(a.out),
                            {a.dedge, a.dx, a.dx, a.dfirst, a.dfirst_bias}, a.dlast, a.dlast_bias);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (int level = 0; level <= kMaxLevel; ++level) {
    add_kernel(concat("tensor_product/level_", level), forward(level));
    add_kernel(concat("tensor_product_backward/level_", level), backward(level));
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
