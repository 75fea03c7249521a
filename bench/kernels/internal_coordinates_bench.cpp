// Placing the atoms of 85 residues in 4 frames, their internal coordinates, and the losses on these.
#include "kernels/internal_coordinates.hpp"

#include "bench/support/cases.hpp"
#include "bench/support/kernel_bench.hpp"
#include "kernels/internal_losses.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

const Stage2Job& shared_job() {
  static const Stage2Job job(85, 4, 1);
  return job;
}

// An atom: a unit vector 13, a normal 22, their product 9, sines and cosines 4, the sum 22.
constexpr double kPlaceFlops = 70;

Work work(double passes) {
  const Stage2Job& job = shared_job();
  const double n_atoms = job.trace.n_atoms, n = job.trace.n_residues(), internal = 3.0 * kInternalRows * n;
  // backward reads the same, the gradient of xyz for xyz, and adds to that of the internal coordinates
  return {passes * kPlaceFlops * n_atoms, kFloat * (3 * n_atoms + 3 * job.trace.trace_N3.dim(0) + internal +
                                                    (passes > 1 ? 2 * internal : 0)) +
                                              kInt * (kSlots + 2) * n};
}

[[maybe_unused]] const bool kRegistered = [] {
  add_kernel("place_atoms/340_residues", [](const Place& on) {
    const Stage2Job& job = shared_job();
    return KernelCase{work(1), [trace = on(job.trace), ic = on(job.atoms.target_RT3),
                                xyz = on(Tensor<float>({job.trace.n_atoms, 3}))](auto be) mutable {
                        place_atoms<float>(be, trace.placement(), std::as_const(trace.trace_N3),
                                           std::as_const(ic), xyz);
                      }};
  });
  // the placement once more, and its two derivatives
  add_kernel("place_atoms_backward/340_residues", [](const Place& on) {
    const Stage2Job& job = shared_job();
    return KernelCase{work(3), [trace = on(job.trace), ic = on(job.atoms.target_RT3),
                                dxyz = on(normal({job.trace.n_atoms, 3}, 1)),
                                dic = on(Tensor<float>(job.atoms.target_RT3.shape()))](auto be) mutable {
                        place_atoms_backward<float>(be, trace.placement(), std::as_const(trace.trace_N3),
                                                    std::as_const(ic), std::as_const(dxyz), dic);
                      }};
  });
  // as many operations as placing them, another arc tangent for each root
  add_kernel("internal_coordinates/340_residues", [](const Place& on) {
    const Stage2Job& job = shared_job();
    return KernelCase{work(1), [trace = on(job.trace), xyz = on(job.atoms.xyz_A3),
                                ic = on(Tensor<float>(job.atoms.target_RT3.shape()))](auto be) mutable {
                        internal_coordinates<float>(be, trace.placement(), std::as_const(trace.trace_N3),
                                                    std::as_const(xyz), ic);
                      }};
  });
  // a length: difference, square, sum; an angle or torsion: difference, half, sine, square, sum, root, sum
  add_kernel("internal_losses/340_residues", [](const Place& on) {
    const Stage2Job& job = shared_job();
    const double rows = double(job.atoms.mask_RT.size());
    return KernelCase{Work{17 * rows, (6 * kFloat + kInt) * rows},
                      [target = on(job.atoms.target_RT3), mask = on(job.atoms.mask_RT),
                       ic = on(normal(job.atoms.target_RT3.shape(), 1)), loss = on(Tensor<float>({3})),
                       n_rows = on(Tensor<int>({1}))](auto be) mutable {
                        float* y = loss.data();
                        internal_losses<float>(be, std::as_const(ic), std::as_const(target),
                                               std::as_const(mask), {y, y + 1, y + 2}, n_rows.data());
                      }};
  });
  // its slopes: a sine and a quotient more for each angle; the gradient is added to
  add_kernel("internal_losses_backward/340_residues", [](const Place& on) {
    const Stage2Job& job = shared_job();
    const double rows = double(job.atoms.mask_RT.size());
    return KernelCase{
        Work{26 * rows, (12 * kFloat + kInt) * rows},
        [target = on(job.atoms.target_RT3), mask = on(job.atoms.mask_RT),
         ic = on(normal(job.atoms.target_RT3.shape(), 1)), dloss = on(Tensor<float>::from({1, 1, 1})),
         dic = on(Tensor<float>(job.atoms.target_RT3.shape())),
         n_rows = on(Tensor<int>::from({static_cast<int>(job.atoms.mask_RT.size())}))](auto be) mutable {
          const float* dy = dloss.data();
          internal_losses_backward<float>(be, std::as_const(ic), std::as_const(target), std::as_const(mask),
                                          n_rows.data(), {dy, dy + 1, dy + 2}, dic);
        }};
  });
  return true;
}();

}  // namespace

}  // namespace regrain::bench
