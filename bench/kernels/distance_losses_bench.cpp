// Pairs that come too close, lengths of bonds, displacements: 85 residues in 4 frames.
#include "kernels/distance_losses.hpp"

#include "bench/support/cases.hpp"
#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

const Stage2Job& shared_job() {
  static const Stage2Job job(85, 4, 1);
  return job;
}
constexpr float kNearest = 2, kEpsilon = 1e-7f;

// A pair: difference 3, squared length 6, root, what is missing 1, sum 1; its derivative 12 more. Backward
// adds to the gradient.
Work pair_work(const Graph& pairs, bool backward, int arrays) {
  const double n = pairs.n_edges() / 2, n_atoms = pairs.n_dst;
  return {(backward ? 24 : 12) * n,
          kFloat * 3 * n_atoms * (arrays + (backward ? 2 : 0)) + kInt * (2 * n + n_atoms)};
}

// An atom: difference 3, squared length 6, or a multiple of the difference added to the gradient.
Work displacement_work(int n_atoms, bool backward) {
  return {9.0 * n_atoms, kFloat * 3 * n_atoms * (backward ? 4 : 2)};
}

[[maybe_unused]] const bool kRegistered = [] {
  add_kernel("clash_loss/85x4", [](const Place& on) {
    const auto& atoms = shared_job().atoms;
    return KernelCase{pair_work(atoms.clash, false, 1), [pairs = on(atoms.clash), xyz = on(atoms.xyz_A3),
                                                         y = on(Tensor<float>({1}))](auto be) mutable {
                        clash_loss<float>(be, pairs, std::as_const(xyz), kNearest, kEpsilon, y.data());
                      }};
  });
  add_kernel("clash_loss_backward/85x4", [](const Place& on) {
    const auto& atoms = shared_job().atoms;
    return KernelCase{pair_work(atoms.clash, true, 1), [pairs = on(atoms.clash), xyz = on(atoms.xyz_A3),
                                                        dxyz = on(Tensor<float>(atoms.xyz_A3.shape())),
                                                        one = on(Tensor<float>::from({1}))](auto be) mutable {
                        clash_loss_backward<float>(be, pairs, std::as_const(xyz), kNearest, kEpsilon,
                                                   std::as_const(one).data(), dxyz);
                      }};
  });
  add_kernel("edge_length_loss/85x4", [](const Place& on) {
    const auto& atoms = shared_job().atoms;
    return KernelCase{pair_work(atoms.near, false, 2),
                      [pairs = on(atoms.near), xyz = on(normal(atoms.xyz_A3.shape(), 1)),
                       target = on(atoms.xyz_A3), y = on(Tensor<float>({1}))](auto be) mutable {
                        edge_length_loss<float>(be, pairs, std::as_const(xyz), std::as_const(target),
                                                kEpsilon, y.data());
                      }};
  });
  add_kernel("edge_length_loss_backward/85x4", [](const Place& on) {
    const auto& atoms = shared_job().atoms;
    return KernelCase{pair_work(atoms.near, true, 2),
                      [pairs = on(atoms.near), xyz = on(normal(atoms.xyz_A3.shape(), 1)),
                       target = on(atoms.xyz_A3), dxyz = on(Tensor<float>(atoms.xyz_A3.shape())),
                       one = on(Tensor<float>::from({1}))](auto be) mutable {
                        edge_length_loss_backward<float>(be, pairs, std::as_const(xyz), std::as_const(target),
                                                         kEpsilon, std::as_const(one).data(), dxyz);
                      }};
  });
  add_kernel("mean_squared_displacement/85x4", [](const Place& on) {
    const auto& atoms = shared_job().atoms;
    return KernelCase{displacement_work(atoms.xyz_A3.dim(0), false),
                      [xyz = on(normal(atoms.xyz_A3.shape(), 1)), target = on(atoms.xyz_A3),
                       y = on(Tensor<float>({1}))](auto be) mutable {
                        mean_squared_displacement<float>(be, std::as_const(xyz), std::as_const(target),
                                                         y.data());
                      }};
  });
  add_kernel("mean_squared_displacement_backward/85x4", [](const Place& on) {
    const auto& atoms = shared_job().atoms;
    return KernelCase{displacement_work(atoms.xyz_A3.dim(0), true),
                      [xyz = on(normal(atoms.xyz_A3.shape(), 1)), target = on(atoms.xyz_A3),
                       dxyz = on(Tensor<float>(atoms.xyz_A3.shape())),
                       one = on(Tensor<float>::from({1}))](auto be) mutable {
                        mean_squared_displacement_backward<float>(
                            be, std::as_const(xyz), std::as_const(target), std::as_const(one).data(), dxyz);
                      }};
  });
  return true;
}();

}  // namespace

}  // namespace regrain::bench
