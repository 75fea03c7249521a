#include "autodiff/internal_coordinates.hpp"
#include "autodiff/internal_losses.hpp"

#include <numbers>

#include "tests/support/gradient.hpp"
#include "tests/support/placement_case.hpp"

namespace regrain::test {
namespace {

TEST(PlaceAtomsGradient, MatchesDifferences) {
  for (int n : {0, 1, 4}) {
    const PlacementCase c(n);
    expect_gradient(
        [&](auto& t, const auto& x) {
          return std::vector{place_atoms(t, x[0], c.view(), View<const double, 2>(c.trace_N3), c.n_atoms)};
        },
        {sane_internal(n)}, {.tolerance = 1e-6, .step = 1e-6});
  }
  // a negative length is taken by its absolute value
  PlacementCase c(1);
  Tensor<double> ic = sane_internal(1);
  ic[0] = -ic[0];
  ic[9] = -ic[9];
  expect_gradient(
      [&](auto& t, const auto& x) {
        return std::vector{place_atoms(t, x[0], c.view(), View<const double, 2>(c.trace_N3), c.n_atoms)};
      },
      {ic}, {.tolerance = 1e-6, .step = 1e-6});
}

TEST(PlaceAtoms, GiveTheInternalCoordinatesBack) {
  const int n = 7;
  const PlacementCase c(n);
  const Tensor<double> ic = sane_internal(n);
  Tensor<double> again({n, 13, 3}), xyz_again({c.n_atoms, 3});
  Context context(2);
  Tape<double> tape(context, TapeMode::infer);
  const View<const double, 2> trace(c.trace_N3);
  const Var<double> xyz = place_atoms(tape, tape.constant(ic.ref()), c.view(), trace, c.n_atoms);
  context.visit([&](auto be) {
    kernels::internal_coordinates<double>(be, c.view(), trace, xyz.value(), again);
    kernels::place_atoms<double>(be, c.view(), trace, again, xyz_again);
  });
  for (int r = 0; r < n; ++r)
    for (int t = 0; t < 13; ++t) {
      const std::size_t at = static_cast<std::size_t>((r * 13 + t) * 3);
      if (t + 1 >= c.n_slots[static_cast<std::size_t>(c.type[static_cast<std::size_t>(r)])]) {
        EXPECT_EQ(again[at], 0);
        continue;
      }
      EXPECT_NEAR(again[at], ic[at], 1e-12);
      EXPECT_NEAR(again[at + 1], ic[at + 1], 1e-12);
      EXPECT_NEAR(std::remainder(again[at + 2] - ic[at + 2], 2 * std::numbers::pi), 0, 1e-12);
      EXPECT_GE(again[at + 2], 0);
      EXPECT_LT(again[at + 2], 2 * std::numbers::pi);
    }
  for (std::size_t i = 0; i < xyz_again.size(); ++i) EXPECT_NEAR(xyz_again[i], xyz.value().data()[i], 1e-11);
}

TEST(PlaceAtoms, NeedsACaOnBothSides) {
  PlacementCase c(2);
  c.trace[1] = 3;
  Context context(1);
  Tape<double> tape(context);
  const Tensor<double> ic = sane_internal(2);
  EXPECT_THROW(
      place_atoms(tape, tape.constant(ic.ref()), c.view(), View<const double, 2>(c.trace_N3), c.n_atoms),
      Error);
}

TEST(InternalLossesGradient, MatchesDifferences) {
  for (int n : {0, 1, 5}) {
    const Tensor<double> target = random({n, 13, 3}, 4);
    Tensor<int> mask({n, 13});
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 3 != 0;
    expect_gradient(
        [&](auto& t, const auto& x) {
          const auto loss = internal_losses(t, x[0], View<const double, 3>(target), View<const int, 2>(mask));
          return std::vector{loss.length, loss.angle, loss.torsion};
        },
        {random({n, 13, 3}, 5)}, {.tolerance = 1e-6, .step = 1e-6});
  }
}

TEST(InternalLosses, KeepTheirDigitsForSmallErrorsInFloat) {
  Context context(1);
  Tape<float> tape(context);
  Tensor<float> ic({1, 13, 3}), target({1, 13, 3});
  Tensor<int> mask({1, 13});
  mask[0] = 1;
  target[1] = 1.0f;
  ic[1] = 1.0f + 0x1p-12f;
  const Var<float> x = tape.leaf(ic.ref());
  const Var<float> angle =
      internal_losses(tape, x, View<const float, 3>(target), View<const int, 2>(mask)).angle;
  const double delta = 0x1p-12;
  EXPECT_NEAR(angle.item(), std::sqrt(delta * delta + 1e-7), 1e-9);
  tape.backward(angle);
  EXPECT_NEAR(x.grad().data()[1], delta / std::sqrt(delta * delta + 1e-7), 1e-6);
}

TEST(InternalLosses, AFullTurnCostsNothing) {
  Context context(1);
  Tape<double> tape(context);
  Tensor<double> ic({1, 13, 3}), target({1, 13, 3});
  Tensor<int> mask({1, 13});
  mask[4] = 1;
  ic[14] = 2 * std::numbers::pi;
  EXPECT_NEAR(
      internal_losses(tape, tape.constant(ic.ref()), View<const double, 3>(target), View<const int, 2>(mask))
          .torsion.item(),
      std::sqrt(1e-7), 1e-12);
}

}  // namespace
}  // namespace regrain::test
