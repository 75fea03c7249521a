#include "autodiff/soft_assignment.hpp"

#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

TEST(GumbelSoftmaxGradient, MatchesDifferences) {
  for (auto [n, b] : {std::pair{0, 3}, {1, 1}, {1, 4}, {7, 1}, {7, 19}})
    for (double temperature : {1.0, 0.4}) {
      const Tensor<double> noise = random({n, b}, 9);
      expect_gradient(
          [&](auto& t, const auto& x) {
            return std::vector{gumbel_softmax<double>(t, x[0], noise.ref(), temperature)};
          },
          {random({n, b})});
    }
}

TEST(NormalizeColumnsGradient, MatchesDifferences) {
  for (auto [n, b] : {std::pair{0, 3}, {1, 1}, {7, 1}, {7, 19}}) {
    Tensor<double> m = random({n, b});
    for (double& x : m) x = 0.2 + x * x;
    expect_gradient([](auto& t, const auto& x) { return std::vector{normalize_columns<double>(t, x[0])}; },
                    {m});
  }
}

TEST(MatrixProductGradient, MatchesDifferences) {
  for (auto [m, k, n] : {std::tuple{1, 1, 1}, {5, 3, 0}, {0, 3, 2}, {5, 0, 2}, {7, 5, 3}})
    for (Trans trans : {Trans::no, Trans::yes})
      expect_gradient(
          [=](auto& t, const auto& x) { return std::vector{matrix_product<double>(t, trans, x[0], x[1])}; },
          {random(trans == Trans::no ? Shape{m, k} : Shape{k, m}, 1), random({k, n}, 2)});
}

TEST(GumbelSoftmax, RowsSumToOneAndColdOnesChoose) {
  Context context(1);
  Tape<double> tape(context, TapeMode::infer);
  const Tensor<double> logit = random({6, 5}, 1, 3), noise = random({6, 5}, 2);
  const Var<double> warm = gumbel_softmax<double>(tape, tape.constant(logit.ref()), noise.ref(), 1.0);
  const Var<double> cold = gumbel_softmax<double>(tape, tape.constant(logit.ref()), noise.ref(), 1e-3);
  for (int i = 0; i < 6; ++i) {
    double sum = 0, largest = 0;
    int winner = 0;
    for (int k = 0; k < 5; ++k) {
      sum += warm.value().view<2>()(i, k);
      largest = std::max(largest, cold.value().view<2>()(i, k));
      if (logit[i * 5 + k] + noise[i * 5 + k] > logit[i * 5 + winner] + noise[i * 5 + winner]) winner = k;
    }
    EXPECT_NEAR(sum, 1, 1e-14);
    EXPECT_NEAR(largest, 1, 1e-6);
    EXPECT_EQ(cold.value().view<2>()(i, winner), largest);
  }
}

TEST(GumbelNoise, HasTheMeanAndVarianceOfGumbel) {
  Context context(2);
  constexpr int n = 40000;
  Tensor<double> noise({n});
  context.visit([&](auto be) { kernels::fill_gumbel<double>(be, {.seed = 3}, noise); });
  double mean = 0, variance = 0;
  for (double g : noise) mean += g / n;
  for (double g : noise) variance += (g - mean) * (g - mean) / n;
  const double expected = std::acos(-1) * std::acos(-1) / 6;
  EXPECT_NEAR(mean, 0.5772156649, 5 * std::sqrt(expected / n));
  EXPECT_NEAR(variance, expected, 0.05);
}

// a bead no atom wants: its column underflows to 0
TEST(NormalizeColumns, AnEmptyColumnStaysFinite) {
  Context context(1);
  Tape<float> tape(context);
  const Tensor<float> logit({2, 2}, {50, -50, 50, -50}), noise({2, 2}), x({2, 3}, {1, 2, 3, 4, 5, 6});
  const Var<float> a = tape.leaf(logit.ref());
  const Var<float> y = normalize_columns(tape, gumbel_softmax<float>(tape, a, noise.ref(), 0.1f));
  const Var<float> beads = matrix_product(tape, Trans::yes, y, tape.constant(x.ref()));
  tape.backward(dot_constant<float>(tape, beads, x.ref()));
  for (float v : beads.value()) EXPECT_TRUE(std::isfinite(v));
  for (float v : a.grad()) EXPECT_TRUE(std::isfinite(v));
  EXPECT_FLOAT_EQ(beads.value().view<2>()(0, 0), 2.5f);
  EXPECT_EQ(beads.value().view<2>()(1, 0), 0);
}

}  // namespace
}  // namespace regrain::test
