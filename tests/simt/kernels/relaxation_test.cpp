// covers kernels/cuda/relaxation.cu
#include "kernels/relaxation.hpp"

#include <cmath>

#include "kernels/overlap.hpp"
#include "tests/simt/packing_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct RelaxationOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(RelaxationOnDevice, Scalars);

// A made-up chain with residues that stand, such as move their side chain alone, two sets, and cysteines that may meet.
template <class T>
struct Relaxed {
  DeviceCase<T> c;
  ResidueCase<double> residues;
  int n;
  Tensor<double> given, turns;
  CaseTables<T> tables;
  CaseGraph near;
  CaseArray<int, 1, true> type, sets;
  CaseMarks<T> moving, linked;
  CaseArray<void, 3, true> backbone, given_atoms;

  // bridge: all are cysteines, and the last one's SG is near that of the one before the last but one
  Relaxed(int size, std::uint64_t seed, bool bridge = false)
      : residues(residue_case<double>(size, seed, 0.1)), n(size), given({n, 14, 3}), turns({n, kTurns}), tables(c),
        near(c.graph(graph(bridge))), type(c.input({n}, residues.type_R)), sets(c.input({4}, Tensor<int>::from({0, n / 3, n / 3, n}))),
        moving(c, motions()), linked(c, links()), backbone(c.input({n, 4, 3}, residues.backbone_R43)),
        given_atoms(c.input({n, 14, 3}, placed())) {
    for (int r = 0; r < n; ++r)
      for (int k = 0; k < kTurns; ++k) turns[static_cast<std::size_t>(r * kTurns + k)] = k < 4 ? residues.chi_R4[static_cast<std::size_t>(4 * r + k)] : 0;
  }
  template <class On>
  RelaxedView<typename On::scalar> view(On on) const {
    return {tables.view(on), n, on(type).data(), moving.view(on).data(), linked.view(on).data(), on(backbone).data(), on(given_atoms).data()};
  }

 private:
  Graph graph(bool bridge) {
    const std::vector<int> first{0, n / 3, n / 3, n};
    if (bridge) {
      for (int& t : residues.type_R) t = tables.host.cysteine;
      place_residues<double>(Context(1).host(), tables.host, residues.type_R, residues.backbone_R43, residues.chi_R4, given);
      const auto sulfur = [&](int r) { return given.data() + (r * kResidueSlots + overlap::kAtSg) * 3; };
      for (int k = 0; k < 3; ++k) {
        const double shift = sulfur(n - 3)[k] - sulfur(n - 1)[k] + (k == 0 ? 2.4 : 0);
        for (int a = 0; a < 4; ++a) residues.backbone_R43[static_cast<std::size_t>(((n - 1) * 4 + a) * 3 + k)] += shift;
      }
    }
    Tensor<double> ca({n, 3});
    for (int r = 0; r < n; ++r) {
      if (r % 5 == 0) residues.type_R[static_cast<std::size_t>(r)] = tables.host.cysteine;
      std::copy_n(residues.backbone_R43.data() + 12 * r + 3, 3, ca.data() + 3 * r);
    }
    return neighbor_graph<double>(Context(1).host(), View<const double, 2>(ca), 25.0, first, GraphOrders::both);
  }
  Tensor<char> motions() const {
    Tensor<char> m({n});
    for (int r = 0; r < n; ++r) m[static_cast<std::size_t>(r)] = r % 7 == 6 ? kStands : r % 7 == 3 ? kSideChainMoves : kMoves;
    return m;
  }
  Tensor<char> links() const {
    Tensor<char> l({n});
    for (int r = 0; r < n; ++r) l[static_cast<std::size_t>(r)] = r + 1 < n && r + 1 != n / 3;
    return l;
  }
  Tensor<double> placed() {
    place_residues<double>(Context(1).host(), tables.host, residues.type_R, residues.backbone_R43, residues.chi_R4, given);
    return given;
  }
};

const int kSizes[] = {0, 1, 2, 31, 32, 33};

TYPED_TEST(RelaxationOnDevice, PlacesAndCounts) {
  for (int n : kSizes) {
    Relaxed<TypeParam> r(n, 7);
    for (double& x : r.turns) x += 0.05;  // peptides too
    const auto turns = r.c.input({n, kTurns}, r.turns);
    const auto atoms = r.c.output({n, 14, 3});
    const auto count = r.c.int_output({3});
    r.c.expect_same(
        [&](auto on) {
          using T = typename decltype(on)::scalar;
          place_turned<T>(on.backend, r.view(on), on(turns), on(atoms));
          count_overlaps<T>(on.backend, r.view(on), on(r.near), on(r.sets), View<const T, 2>(on(turns)), on(count));
        },
        400);
  }
}

TYPED_TEST(RelaxationOnDevice, PullsTheSameDisulfides) {
  Relaxed<TypeParam> r(4, 4, true);
  const auto turns = r.c.sum({4, kTurns}, r.turns), without = r.c.sum({4, kTurns}, r.turns);
  r.c.expect_same(
      [&](auto on) {
        using T = typename decltype(on)::scalar;
        RelaxationSettings settings;
        settings.steps = settings.renew = 2;
        relax<T>(on.backend, r.view(on), on(r.near), settings, on(r.sets), on(turns));
        settings.disulfide = 0;
        relax<T>(on.backend, r.view(on), on(r.near), settings, on(r.sets), on(without));
        if constexpr (!on.is_cuda) {
          EXPECT_GT(std::abs(on(turns)(3, 0) - on(without)(3, 0)), 1e-3);  // there is one
        }
      },
      400);
}

// Steps move turns in proportion to forces, so the first ones show every force; later ones, lists that were made before.
TYPED_TEST(RelaxationOnDevice, TakesTheSameSteps) {
  for (int n : kSizes)
    for (const auto& [steps, renew] : {std::pair(0, 3), std::pair(1, 1), std::pair(4, 2), std::pair(5, 3)}) {
      SCOPED_TRACE(concat(n, " residues, ", steps, " steps, new lists after ", renew));
      Relaxed<TypeParam> r(n, 8);
      const auto turns = r.c.sum({n, kTurns}, r.turns);
      RelaxationSettings settings;
      settings.steps = steps;
      settings.renew = renew;
      if (steps == 5) settings.chi_rate = 0.4;  // far enough to leave the lists
      r.c.expect_same([&](auto on) { relax<typename decltype(on)::scalar>(on.backend, r.view(on), on(r.near), settings, on(r.sets), on(turns)); },
                      4000);
    }
}

}  // namespace
}  // namespace regrain::kernels
