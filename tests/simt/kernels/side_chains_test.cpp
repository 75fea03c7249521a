// covers kernels/cuda/side_chains.cu
#include "kernels/side_chains.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct SideChainsOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(SideChainsOnDevice, Scalars);

// Residues of three types: without a side chain, with CB alone and with all slots, a chain whose first four bonds turn.
template <class T>
struct SideChainsCase {
  static constexpr int kTypes = 3;
  CaseArray<int, 1, true> n_slots, n_chi, parents, chi_of, chi_slots, moved_by, type;
  CaseArray<void, 1, true> geometry;
  CaseArray<void, 3, true> backbone;

  SideChainsCase(DeviceCase<T>& c, int n)
      : n_slots(c.input({3}, Tensor<int>::from({4, 5, 14}))),
        n_chi(c.input({3}, Tensor<int>::from({0, 0, 4}))),
        parents(c.input({kTypes * 30}, parents_of())),
        chi_of(c.input({kTypes * 10}, turned_by())),
        chi_slots(c.input({kTypes * 16}, four_of())),
        moved_by(c.input({kTypes * 14}, movers())),
        type(c.index({n}, kTypes)),
        geometry(c.input({kTypes * 40}, geometry_of())),
        backbone(c.input({n, 4, 3}, backbones(n))) {}

  template <class On>
  auto tables(On on) const {
    using S = typename On::scalar;
    SideChainTables<S> t{};
    t.n_types = kTypes;
    t.n_slots = on(n_slots).data();
    t.n_chi = on(n_chi).data();
    t.parents = on(parents).data();
    t.chi = on(chi_of).data();
    t.geometry = on(geometry).data();
    t.chi_slots = on(chi_slots).data();
    t.moved_by = on(moved_by).data();
    return t;
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  // bonded, angle and torsion atom of slot 4 + s
  static std::array<int, 3> path(int s) {
    if (s == 0) return {kAtCa, kAtN, kAtC};
    if (s == 1) return {kAtCb, kAtCa, kAtN};
    return {s + 3, s == 2 ? int{kAtCb} : s + 2, s == 2 ? int{kAtCa} : s + 1};
  }
  static Tensor<int> parents_of() {
    Tensor<int> p({kTypes * 30});
    for (int t = 0; t < kTypes; ++t)
      for (int s = 0; s < 10; ++s)
        for (int k = 0; k < 3; ++k) p[at(t * 30 + s * 3 + k)] = path(s)[at(k)];
    return p;
  }
  static Tensor<int> turned_by() {
    Tensor<int> chi({kTypes * 10});
    for (int t = 0; t < kTypes; ++t)
      for (int s = 0; s < 10; ++s) chi[at(t * 10 + s)] = t == 2 && s > 0 && s < 5 ? s - 1 : -1;
    return chi;
  }
  static Tensor<int> four_of() {
    Tensor<int> four({kTypes * 16});
    for (int k = 0; k < 4; ++k) {
      for (int a = 0; a < 3; ++a) four[at(32 + 4 * k + a)] = path(k + 1)[at(2 - a)];
      four[at(32 + 4 * k + 3)] = kAtCb + k + 1;
    }
    return four;
  }
  static Tensor<int> movers() {
    Tensor<int> moved({kTypes * 14});
    for (int s = 5; s < 14; ++s) moved[at(28 + s)] = (1 << std::min(s - 4, 4)) - 1;
    return moved;
  }
  static Tensor<double> geometry_of() {
    Tensor<double> g({kTypes * 40});
    for (int i = 0; i < kTypes * 10; ++i) {
      const double offset = i % 10 < 5 ? 0 : i;
      g[at(4 * i)] = 0.5 + 0.01 * i;
      g[at(4 * i + 1)] = 1.4;
      g[at(4 * i + 2)] = std::cos(offset);
      g[at(4 * i + 3)] = std::sin(offset);
    }
    return g;
  }
  // the first of them has all atoms in one place, where directions are made up
  static Tensor<double> backbones(int n) {
    constexpr double kAtoms[4][3] = {{-0.5, 1.4, 0}, {0, 0, 0}, {1.5, 0, 0}, {2.1, -1, 0.2}};
    Tensor<double> x = random({n, 4, 3}, 5, 0.1);
    for (int i = 0; i < n * 12; ++i) x[at(i)] = i < 12 ? 1.0 : x[at(i)] + kAtoms[i / 3 % 4][i % 3] + 3.8 * (i / 12 % 7);
    return x;
  }
};

// a chain of 10 placements, some 100 roundings each
constexpr double kSteps = 1000;

TYPED_TEST(SideChainsOnDevice, PlaceResidues) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const SideChainsCase<TypeParam> s(c, n);
    const auto chi = c.input({n, 4}, 2.0);
    const auto atoms = c.output({n, 14, 3});
    c.expect_same([&](auto on) { place_residues(on.backend, s.tables(on), on(s.type), on(s.backbone), on(chi), on(atoms)); },
                  kSteps);
  }
}

TYPED_TEST(SideChainsOnDevice, PlaceResiduesBackward) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const SideChainsCase<TypeParam> s(c, n);
    const auto atoms = c.input({n, 14, 3}, 3.0), datoms = c.input({n, 14, 3});
    const auto dchi = c.sum({n, 4});
    c.expect_same(
        [&](auto on) { place_residues_backward(on.backend, s.tables(on), on(s.type), on(atoms), on(datoms), on(dchi)); },
        200);
  }
}

TYPED_TEST(SideChainsOnDevice, PlaceSideChains) {
  for (int n : kWarpSizes)
    for (int draws : {1, 3}) {
      DeviceCase<TypeParam> c;
      const SideChainsCase<TypeParam> s(c, n);
      const auto chi = c.input({n, draws, 4}, 2.0);
      const auto side = c.output({n, draws, 10, 3});
      c.expect_same(
          [&](auto on) { place_side_chains(on.backend, s.tables(on), on(s.type), on(s.backbone), on(chi), on(side)); },
          kSteps);
    }
}

// some atoms are missing
TYPED_TEST(SideChainsOnDevice, ChiAngles) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const SideChainsCase<TypeParam> s(c, n);
    Tensor<double> x = random({n, 14, 3}, 8, 3.0);
    for (std::size_t i = 0; i < x.size(); i += 97) x[i] = std::numeric_limits<double>::quiet_NaN();
    const auto atoms = c.input({n, 14, 3}, std::move(x));
    const auto chi = c.output({n, 4});
    const auto valid = c.int_output({n});  // four of them in the place of one
    c.expect_same(
        [&](auto on) {
          using S = typename decltype(on)::scalar;
          chi_angles<S>(on.backend, s.tables(on), on(s.type), on(atoms), on(chi),
                        View<char, 2>(reinterpret_cast<char*>(on(valid).data()), {n, 4}));
        },
        200);
  }
}

}  // namespace
}  // namespace regrain::kernels
