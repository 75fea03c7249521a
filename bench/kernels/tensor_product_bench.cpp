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
  int level, n;
  Graph graph;
  Tensor<float> y_E9, edge, x, first, first_bias, last, last_bias, out;
  Tensor<float> dedge, dx, dfirst, dfirst_bias, dlast, dlast_bias;

  Arrays(const Place& on, const Stage2Job& job, int tensor_level)
      : level(tensor_level),
        n(job.trace.n_atoms),
        graph(on(job.atoms.atom_graph)),
        y_E9(on(job.atoms.atom_edges.y_E9)),
        edge(on(normal({graph.n_edges(), kEdge}, 1))),
        x(on(normal({n, feature_width(level)}, 2))),
        first(on(normal({kHidden, kEdge + 2 * kScalarChannels}, 3))),
        first_bias(on(normal({kHidden}, 4))),
        last(on(normal({n_tensor_weights(level), kHidden}, 5))),
        last_bias(on(normal({n_tensor_weights(level)}, 6))),
        out(on(normal({n, feature_width(level + 1)}, 7))),
        dedge(on(Tensor<float>(edge.shape()))),
        dx(on(Tensor<float>(x.shape()))),
        dfirst(on(Tensor<float>(first.shape()))),
        dfirst_bias(on(Tensor<float>(first_bias.shape()))),
        dlast(on(Tensor<float>(last.shape()))),
        dlast_bias(on(Tensor<float>(last_bias.shape()))) {}

  EdgeNetwork<float> network() const {
    return {EndOrder::receiver_first, kScalarChannels, edge, x, x, first, first_bias};
  }
  Flops flops() const { return convolution_flops(level, graph.n_edges(), n, n); }
  double bytes() const {
    return kFloat * (double(y_E9.size()) + double(edge.size()) + double(x.size()) + double(out.size())) +
           kInt * graph.n_edges();
  }
  // of the other end's features: a sender's forward, a receiver's gradient backward
  double gathered(int feature_level) const {
    return kFloat * feature_width(feature_level) * double(graph.n_edges());
  }
};

const Stage2Job& shared_job() {
  static const Stage2Job job(85, 4, 1);
  return job;
}

auto forward(int level) {
  return [=](const Place& on) {
    Arrays a(on, shared_job(), level);
    const Work work{a.flops().forward, a.bytes(), a.gathered(level)};
    return KernelCase{work, [a = std::move(a)](auto be) mutable {
                        tensor_product_convolution<float>(
                            be, TensorProductForm::automatic, a.level, a.graph, std::as_const(a.y_E9),
                            a.network(), std::as_const(a.last), std::as_const(a.last_bias), a.out);
                      }};
  };
}

auto backward(int level) {
  return [=](const Place& on) {
    Arrays a(on, shared_job(), level);
    const Work work{a.flops().backward,
                    a.bytes() + 2 * kFloat * (double(a.dedge.size()) + double(a.dx.size())),
                    a.gathered(level + 1)};
    return KernelCase{work, [a = std::move(a)](auto be) mutable {
                        tensor_product_convolution_backward<float>(
                            be, TensorProductForm::automatic, a.level, a.graph, std::as_const(a.y_E9),
                            a.network(), std::as_const(a.last), std::as_const(a.last_bias),
                            std::as_const(a.out), {a.dedge, a.dx, a.dx, a.dfirst, a.dfirst_bias}, a.dlast,
                            a.dlast_bias);
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
