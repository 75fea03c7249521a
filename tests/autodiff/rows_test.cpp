#include "autodiff/rows.hpp"

#include "autodiff/internal_coordinates.hpp"
#include "kernels/tensor_product_paths.hpp"
#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

TEST(RowsGradient, MatchesDifferences) {
  for (int n : {0, 1, 6}) {
    expect_gradient([](auto& t, const auto& x) { return std::vector{add_widened(t, x[0], x[1])}; },
                    {random({n, 2}, 1), random({n, 5}, 2)});
    const Tensor<int> keep = random_index(n, 2, 3);
    expect_gradient(
        [&](auto& t, const auto& x) { return std::vector{keep_rows(t, x[0], View<const int, 1>(keep))}; },
        {random({n, 3}, 1)});
    for (int level : {0, 1, 2, 3})
      for (Handedness hand : {Handedness::keep, Handedness::drop})
        expect_gradient(
            [=](auto& t, const auto& x) { return std::vector{invariant_features(t, level, hand, x[0])}; },
            {random({n, kernels::feature_width(level)}, 1)}, {.tolerance = 1e-6, .step = 1e-7});
    expect_gradient(
        [](auto& t, const auto& x) {
          return std::vector{join_internal<double>(t, {x[0], x[1], x[2]}, {x[3], x[4], x[5]})};
        },
        {random({n, 3}, 1), random({n, 3}, 2), random({n, 3}, 3), random({n, 10}, 4), random({n, 10}, 5),
         random({n, 10}, 6)});
  }
  for (double x : {0.3, 0.7})
    expect_gradient([](auto& t, const auto& v) { return std::vector{excess(t, v[0], 0.5)}; },
                    {Tensor<double>({}, {x})});
}

TEST(Rows, JoinedCoordinatesStandInTheirColumns) {
  Context context(1);
  Tape<double> tape(context);
  std::vector<Tensor<double>> x;
  for (int i = 0; i < 6; ++i)
    x.emplace_back(Shape{1, i < 3 ? 3 : 10}, std::vector<double>(i < 3 ? 3 : 10, i + 1.0));
  const auto v = [&](std::size_t i) { return tape.constant(x[i].ref()); };
  const auto ic = join_internal<double>(tape, {v(0), v(1), v(2)}, {v(3), v(4), v(5)}).value().view<3>();
  for (int t = 0; t < 13; ++t)
    for (int c = 0; c < 3; ++c) EXPECT_EQ(ic(0, t, c), (t < 3 ? 1 : 4) + c);
}

TEST(Rows, AZeroVectorHasAFiniteGradient) {
  Context context(1);
  Tape<double> tape(context);
  const Tensor<double> zero({1, 24}), ones({1, 16}, std::vector<double>(16, 1.0));
  const Var<double> x = tape.leaf(zero.ref());
  tape.backward(dot_constant(tape, invariant_features(tape, 1, Handedness::keep, x), ones.ref()));
  for (int c = 12; c < 24; ++c) EXPECT_EQ(x.grad().data()[c], 0);
}

}  // namespace
}  // namespace regrain::test
