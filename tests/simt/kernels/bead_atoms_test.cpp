// covers kernels/cuda/bead_atoms.cu
#include "kernels/bead_atoms.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct BeadAtoms : ::testing::Test {};
TYPED_TEST_SUITE(BeadAtoms, Scalars);

// beads of these many atoms, and channels of their vectors
struct Case {
  std::vector<int> atoms;
  int f;
};
const Case kCases[] = {
    {{}, 3}, {{0}, 1}, {{1}, 1}, {{31, 0, 32, 33, 1}, 33}, {{2, 5, 3, 4, 1, 6, 2, 3, 4, 5}, 7}, {{100}, 128}};

// Atoms of the beads in turns, so that a bead's are not neighbours, and the channel of each.
struct Beads {
  std::vector<int> owner, channel;

  explicit Beads(const Case& k) {
    for (int rank = 0; rank < k.f; ++rank)
      for (std::size_t b = 0; b < k.atoms.size(); ++b)
        if (rank < k.atoms[b]) {
          owner.push_back(static_cast<int>(b));
          channel.push_back(k.f - 1 - rank);
        }
  }
};

TYPED_TEST(BeadAtoms, Place) {
  for (const Case& k : kCases)
    for (bool recenter : {true, false}) {
      DeviceCase<TypeParam> c;
      const Beads beads(k);
      const int n = static_cast<int>(k.atoms.size()), n_atoms = static_cast<int>(beads.owner.size());
      const auto g = c.graph(pooling_graph(n, beads.owner));
      const auto channel = c.input({n_atoms}, Tensor<int>::from(beads.channel));
      const auto v = c.input({n, 3, k.f});
      const auto x = c.input({n, 3});
      const auto xyz = c.output({n_atoms, 3});
      c.expect_same([&](auto on) {
        place_bead_atoms(on.backend, on(g), on(channel), recenter, on(v), on(x), on(xyz));
      });
    }
}

TYPED_TEST(BeadAtoms, Backward) {
  for (const Case& k : kCases)
    for (bool recenter : {true, false}) {
      DeviceCase<TypeParam> c;
      const Beads beads(k);
      const int n = static_cast<int>(k.atoms.size()), n_atoms = static_cast<int>(beads.owner.size());
      const auto g = c.graph(pooling_graph(n, beads.owner));
      const auto channel = c.input({n_atoms}, Tensor<int>::from(beads.channel));
      const auto dxyz = c.input({n_atoms, 3});
      const auto dv = c.sum({n, 3, k.f});
      c.expect_same([&](auto on) {
        place_bead_atoms_backward(on.backend, on(g), on(channel), recenter, on(dxyz), on(dv));
      });
    }
}

}  // namespace
}  // namespace regrain::kernels
