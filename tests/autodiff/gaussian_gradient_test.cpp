#include "autodiff/gaussian.hpp"

#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

TEST(DrawGradient, MatchesDifferences) {
  for (int n : {0, 1, 7}) {
    const Tensor<double> eps = random({n, 3}, 9);
    expect_gradient(
        [&](auto& t, const auto& x) { return std::vector{draw<double>(t, {x[0], x[1], kernels::kPriorFloor}, eps.ref())}; },
        {random({n, 3}, 1), random({n, 3}, 2)});
  }
}

TEST(KlGradient, MatchesDifferences) {
  for (KlForm form : {KlForm::reference, KlForm::exact})
    for (int n : {0, 1, 7})
      expect_gradient(
          [&](auto& t, const auto& x) {
            return std::vector{gaussian_kl<double>(t, form, {x[0], x[1], kernels::kPosteriorFloor},
                                                   {x[2], x[3], kernels::kPriorFloor})};
          },
          {random({n, 3}, 1), random({n, 3}, 2), random({n, 3}, 3), random({n, 3}, 4)});
}

TEST(Kl, IsZeroForEqualsPositiveOtherwiseAndTheTextbooksNumber) {
  Context context(1);
  Tape<double> tape(context);
  const Tensor<double> mu = random({4, 5}, 1), logvar = random({4, 5}, 2), other = random({4, 5}, 3);
  const auto kl = [&](const Tensor<double>& m1, const Tensor<double>& l1, const Tensor<double>& m2, const Tensor<double>& l2) {
    return gaussian_kl<double>(tape, KlForm::exact, {tape.constant(m1.ref()), tape.constant(l1.ref()), 0},
                               {tape.constant(m2.ref()), tape.constant(l2.ref()), 0})
        .item();
  };
  EXPECT_NEAR(kl(mu, logvar, mu, logvar), 0, 1e-8);
  EXPECT_GT(kl(mu, logvar, other, logvar), 0.1);
  EXPECT_GT(kl(mu, logvar, mu, other), 0.1);
  // N(1, 2^2) against N(0, 1): ln(1/2) + (4 + 1) / 2 - 1/2
  const Tensor<double> one({1, 1}, {1.0}), zero({1, 1}, {0.0}), four({1, 1}, {std::log(4.0)});
  EXPECT_NEAR(kl(one, four, zero, zero), std::log(0.5) + 2.5 - 0.5, 1e-8);
}

TEST(Draw, HasTheMeanAndSpreadItWasGiven) {
  Context context(1);
  constexpr int n = 40000;
  Tensor<double> eps({n, 1}), mu({n, 1}), logvar({n, 1});
  for (std::size_t i = 0; i < n; ++i) {
    mu[i] = 3;
    logvar[i] = std::log(0.25);
  }
  context.visit([&](auto be) { kernels::fill_normal<double>(be, Rng{.seed = 4}, 0, eps.ref().flat()); });
  Tape<double> tape(context, TapeMode::infer);
  double mean = 0, square = 0;
  for (double z : draw<double>(tape, {tape.constant(mu.ref()), tape.constant(logvar.ref()), 0}, eps.ref()).value()) {
    mean += z / n;
    square += (z - 3) * (z - 3) / n;
  }
  EXPECT_NEAR(mean, 3, 5 * 0.5 / std::sqrt(n));
  EXPECT_NEAR(square, 0.25, 5 * 0.25 * std::sqrt(2.0 / n));
}

}  // namespace
}  // namespace regrain::test
