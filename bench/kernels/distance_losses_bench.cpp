// Pairs that come too close, and lengths of bonds: 85 residues in 4 frames.
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

[[maybe_unused]] const bool kRegistered = [] {
  add_kernel("clash_loss/85x4", [](Cpu) {
    const Stage2Job& job = shared_job();
    return KernelCase{pair_work(job.atoms.clash, false, 1), [&job, y = 0.f](Cpu be) mutable {
                        clash_loss<float>(be, job.atoms.clash, job.atoms.xyz_A3, kNearest, kEpsilon, &y);
                      }};
  });
  add_kernel("clash_loss_backward/85x4", [](Cpu) {
    const Stage2Job& job = shared_job();
    return KernelCase{pair_work(job.atoms.clash, true, 1),
                      [&job, dxyz = Tensor<float>(job.atoms.xyz_A3.shape()), one = 1.f](Cpu be) mutable {
                        clash_loss_backward<float>(be, job.atoms.clash, job.atoms.xyz_A3, kNearest, kEpsilon,
                                                   &one, dxyz);
                      }};
  });
  add_kernel("edge_length_loss/85x4", [](Cpu) {
    const Stage2Job& job = shared_job();
    return KernelCase{pair_work(job.atoms.near, false, 2),
                      [&job, xyz = normal(job.atoms.xyz_A3.shape(), 1), y = 0.f](Cpu be) mutable {
                        edge_length_loss<float>(be, job.atoms.near, std::as_const(xyz), job.atoms.xyz_A3, kEpsilon, &y);
                      }};
  });
  return true;
}();

}  // namespace

}  // namespace regrain::bench
