// What the networks of stage 2 see of their edges, the atoms' of 85 residues in 4 frames: geometry, inputs,
// embedding.
#include "kernels/edge_embedding.hpp"

#include "bench/support/cases.hpp"
#include "bench/support/job_flops.hpp"
#include "bench/support/kernel_bench.hpp"
#include "kernels/edge_inputs.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kOut = 12;
constexpr float kReach = 14;  // Angstrom

const Stage2Job& shared_job() {
  static const Stage2Job job(85, 4, 1);
  return job;
}

struct Weights {
  Tensor<float> first, first_bias, last, last_bias;
  explicit Weights(const Place& on)
      : first(on(normal({kOut, kLabelledInputs}, 2))),
        first_bias(on(normal({kOut}, 3))),
        last(on(normal({kOut, kOut}, 4))),
        last_bias(on(normal({kOut}, 5))) {}
  EmbeddingNetwork<float> network() const { return {first, first_bias, last, last_bias}; }
  EmbeddingGradient<float> gradient() { return {first, first_bias, last, last_bias}; }
};

// inputs have no derivative
Flops embedding_flops(double n_edges) {
  const Flops inner = linear_flops(n_edges, kOut, kOut), outer = linear_flops(n_edges, kLabelledInputs, kOut);
  return {inner.forward + outer.forward, outer.forward + inner.backward + outer.forward};
}

[[maybe_unused]] const bool kRegistered = [] {
  add_kernel("edge_embedding/85x4", [](const Place& on) {
    const int n = shared_job().atoms.atom_graph.n_edges();
    return KernelCase{
        Work{embedding_flops(n).forward, kFloat * double(kLabelledInputs + kOut) * n},
        [x = on(normal({n, kLabelledInputs}, 1)), w = Weights(on), y = on(Tensor<float>({n, kOut}))](
            auto be) mutable { edge_embedding<float>(be, std::as_const(x), w.network(), y); }};
  });
  // hidden rows once more, then their derivative and those of both layers' weights
  add_kernel("edge_embedding_backward/85x4", [](const Place& on) {
    const int n = shared_job().atoms.atom_graph.n_edges();
    return KernelCase{Work{embedding_flops(n).backward, kFloat * double(kLabelledInputs + kOut) * n},
                      [x = on(normal({n, kLabelledInputs}, 1)), w = Weights(on), d = Weights(on),
                       dy = on(normal({n, kOut}, 6))](auto be) mutable {
                        edge_embedding_backward<float>(be, std::as_const(x), w.network(), std::as_const(dy),
                                                       d.gradient());
                      }};
  });
  add_kernel("edge_vectors/85x4", [](const Place& on) {
    const auto& atoms = shared_job().atoms;
    const double n = atoms.atom_graph.n_edges(), n_atoms = atoms.xyz_A3.dim(0);
    return KernelCase{Work{3 * n, (2 * kInt + 3 * kFloat) * n + 3 * kFloat * n_atoms, 6 * kFloat * n},
                      [g = on(atoms.atom_graph), x = on(atoms.xyz_A3),
                       r = on(Tensor<float>({atoms.atom_graph.n_edges(), 3}))](auto be) mutable {
                        edge_vectors<float>(be, g, std::as_const(x), std::as_const(x), r);
                      }};
  });
  // length 6, a Gaussian 5, the labels' scale
  add_kernel("labelled_inputs/85x4", [](const Place& on) {
    const auto& atoms = shared_job().atoms;
    const double n = atoms.atom_graph.n_edges(), n_atoms = atoms.xyz_A3.dim(0);
    return KernelCase{
        Work{(6 + 5 * kDistanceGaussians + 2) * n,
             (2 * kInt + (3 + kLabelledInputs) * kFloat) * n + kInt * n_atoms, 2 * kInt * n},
        [g = on(atoms.atom_graph), label = on(atoms.atomic_number_A),
         r = on(normal({atoms.atom_graph.n_edges(), 3}, 1)),
         y = on(Tensor<float>({atoms.atom_graph.n_edges(), kLabelledInputs}))](auto be) mutable {
          labelled_inputs<float>(be, g, std::as_const(r), kReach, std::as_const(label), std::as_const(label),
                                 1.f, y);
        }};
  });
  return true;
}();

}  // namespace

}  // namespace regrain::bench
