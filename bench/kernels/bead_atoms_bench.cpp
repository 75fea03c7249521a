// Atoms from the channels of their beads: two frames of 181 atoms in 10 beads, and 64 samples in 50 beads.
#include "kernels/bead_atoms.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

struct Arrays {
  Graph beads;
  Tensor<int> channel;
  Tensor<float> v, x, xyz;

  Arrays(const Place& on, int n_frames, int n_beads, int f) {
    constexpr int kAtoms = 181;
    std::vector<int> owner, rank, size(static_cast<std::size_t>(n_frames * n_beads));
    for (int a = 0; a < n_frames * kAtoms; ++a) {
      owner.push_back(a / kAtoms * n_beads + a % kAtoms * n_beads / kAtoms);
      rank.push_back(size[static_cast<std::size_t>(owner.back())]++);
    }
    beads = on(pooling_graph(n_frames * n_beads, owner));
    channel = on(Tensor<int>::from(rank));
    v = on(normal({n_frames * n_beads, 3, f}, 1));
    x = on(normal({n_frames * n_beads, 3}, 2));
    xyz = on(normal({n_frames * kAtoms, 3}, 3));  // backward takes it for a gradient
  }
  // sum, mean and two additions of every coordinate; of all channels those of atoms are touched
  Work work(int arrays) const {
    return {4.0 * 3 * beads.n_src,
            kFloat * 3 * (arrays * beads.n_src + beads.n_dst) + 2 * kInt * beads.n_src};
  }
};

auto forward(int n_frames, int n_beads, int f) {
  return [=](const Place& on) {
    Arrays a(on, n_frames, n_beads, f);
    const Work work = a.work(2);
    return KernelCase{work, [a = std::move(a)](auto be) mutable {
                        place_bead_atoms<float>(be, a.beads, std::as_const(a.channel), true,
                                                std::as_const(a.v), std::as_const(a.x), a.xyz);
                      }};
  };
}
auto backward(int n_frames, int n_beads, int f) {
  return [=](const Place& on) {
    Arrays a(on, n_frames, n_beads, f);
    const Work work = a.work(3);
    return KernelCase{work, [a = std::move(a)](auto be) mutable {
                        place_bead_atoms_backward<float>(be, a.beads, std::as_const(a.channel), true,
                                                         std::as_const(a.xyz), a.v);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  add_kernel("place_bead_atoms/2x181_F472", forward(2, 10, 472));
  add_kernel("place_bead_atoms_backward/2x181_F472", backward(2, 10, 472));
  add_kernel("place_bead_atoms/64x181_F563", forward(64, 50, 563));
  add_kernel("place_bead_atoms_backward/64x181_F563", backward(64, 50, 563));
  return true;
}();

}  // namespace

}  // namespace regrain::bench
