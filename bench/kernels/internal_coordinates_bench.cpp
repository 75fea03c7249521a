// Placing the atoms of 85 residues in 4 frames.
#include "kernels/internal_coordinates.hpp"

#include "bench/support/cases.hpp"
#include "bench/support/kernel_bench.hpp"

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
  add_kernel("place_atoms/340_residues", [](Cpu) {
    return KernelCase{work(1), [xyz = Tensor<float>({shared_job().trace.n_atoms, 3})](Cpu be) mutable {
                        const Stage2Job& job = shared_job();
                        place_atoms<float>(be, job.trace.placement(), job.trace.trace_N3,
                                           job.atoms.target_RT3, xyz);
                      }};
  });
  // the placement once more, and its two derivatives
  add_kernel("place_atoms_backward/340_residues", [](Cpu) {
    const Stage2Job& job = shared_job();
    return KernelCase{work(3), [&job, dxyz = normal({job.trace.n_atoms, 3}, 1),
                                dic = Tensor<float>(job.atoms.target_RT3.shape())](Cpu be) mutable {
                        place_atoms_backward<float>(be, job.trace.placement(), job.trace.trace_N3,
                                                    job.atoms.target_RT3, std::as_const(dxyz), dic);
                      }};
  });
  return true;
}();

}  // namespace

}  // namespace regrain::bench
