#include "autodiff/layer_norm.hpp"

#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

TEST(LayerNormGradient, MatchesDifferences) {
  for (auto [n, f] : {std::array{0, 5}, {1, 1}, {1, 16}, {7, 37}})
    expect_gradient([](auto& t, const auto& v) { return std::vector{layer_norm(t, v[0], v[1], v[2])}; },
                    {random({n, f}, 1, 2), random({f}, 2), random({f}, 3)});
}

TEST(LayerNorm, HasMeanZeroAndVarianceOne) {
  const int n = 3, f = 50;
  const Tensor<double> x = random({n, f}, 1, 4), scale({f}, std::vector<double>(f, 1.0)), shift({f});
  Context context(1);
  Tape<double> tape(context, TapeMode::infer);
  const Var<double> y = layer_norm(tape, tape.constant(x.ref()), tape.constant(scale.ref()), tape.constant(shift.ref()));
  for (int i = 0; i < n; ++i) {
    double mean = 0, square = 0;
    for (int c = 0; c < f; ++c) mean += y.value().view<2>()(i, c) / f;
    for (int c = 0; c < f; ++c) square += y.value().view<2>()(i, c) * y.value().view<2>()(i, c) / f;
    EXPECT_NEAR(mean, 0, 1e-14);
    EXPECT_NEAR(square, 1, 1e-5);
  }
}

TEST(LayerNorm, SameBitsForEveryThreadCount) {
  const Tensor<float> x = random<float>({3000, 64}, 1), scale = random<float>({64}, 2), shift = random<float>({64}, 3);
  std::vector<std::vector<float>> seen;
  for (int n_threads : {1, 2, 3}) {
    Context context(n_threads);
    Tape<float> tape(context);
    const Var<float> v[3] = {tape.leaf(x.ref()), tape.leaf(scale.ref()), tape.leaf(shift.ref())};
    const Var<float> y = layer_norm(tape, v[0], v[1], v[2]);
    const Tensor<float> cotangent = random<float>(y.shape(), 9);
    tape.backward(dot_constant(tape, y, cotangent.ref()));
    std::vector<float> all(y.value().begin(), y.value().end());
    for (const auto& w : v) all.insert(all.end(), w.grad().begin(), w.grad().end());
    seen.push_back(all);
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}

}  // namespace
}  // namespace regrain::test
