#include "autodiff/distance_losses.hpp"

#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

// every pair among `n` atoms that `keep` picks, both ways
template <class F>
Graph pair_graph(int n, F keep) {
  std::vector<std::pair<int, int>> pairs;
  for (int i = 0; i < n; ++i)
    for (int j = i + 1; j < n; ++j)
      if (keep(i, j)) pairs.emplace_back(i, j);
  return kernels::make_graph(n, n, kernels::both_directions(pairs));
}

// the first atom has no partner, the second all of them
bool ragged(int i, int j) { return i > 0 && (i == 1 || (i + j) % 3 == 0); }

TEST(DistanceLossesGradient, MatchesDifferences) {
  for (int n : {0, 1, 2, 9}) {
    const Tensor<double> xyz = random({n, 3}, 1, 2.0), target = random({n, 3}, 2, 2.0);
    const Graph g = pair_graph(n, ragged);
    expect_gradient(
        [&](auto& t, const auto& x) { return std::vector{mean_squared_displacement(t, x[0], target.ref())}; },
        {xyz});
    for (double eps : {1e-7, 1e-2})
      expect_gradient(
          [&](auto& t, const auto& x) {
            return std::vector{edge_length_loss(t, x[0], target.ref(), g, eps),
                               clash_loss(t, x[0], g, 3.0, eps)};
          },
          {xyz});
  }
}

TEST(DistanceLosses, AreMeansOverAtomsAndPairs) {
  Context context(1);
  Tape<double> tape(context);
  const Tensor<double> xyz({3, 3}, {0, 0, 0, 3, 0, 0, 0, 4, 0}), target({3, 3}, {0, 0, 0, 1, 0, 0, 0, 4, 1});
  const Graph all = pair_graph(3, [](int, int) { return true; }),
              none = pair_graph(3, [](int, int) { return false; });
  const Var<double> x = tape.leaf(xyz.ref());
  EXPECT_DOUBLE_EQ(mean_squared_displacement(tape, x, target.ref()).item(), (4 + 1) / 3.0);
  const double off01 = 3 - 1, off02 = 4 - std::sqrt(17), off12 = 5 - std::sqrt(18);
  EXPECT_NEAR(edge_length_loss(tape, x, target.ref(), all, 0.0).item(),
              (off01 * off01 + off02 * off02 + off12 * off12) / 3, 1e-14);
  EXPECT_NEAR(clash_loss(tape, x, all, 4.5, 0.0).item(), (1.5 + 0.5) / 3, 1e-14);
  EXPECT_EQ(edge_length_loss(tape, x, target.ref(), none, 0.0).item(), 0);
  EXPECT_EQ(clash_loss(tape, x, none, 4.5, 0.0).item(), 0);
}

TEST(DistanceLosses, SameBitsForEveryThreadCount) {
  const int n = 300;
  const Tensor<float> xyz = random<float>({n, 3}, 1, 3.0), target = random<float>({n, 3}, 2, 3.0);
  const Graph g = pair_graph(n, ragged);
  std::vector<std::vector<float>> seen;
  for (int threads : {1, 2}) {
    Context context(threads);
    Tape<float> tape(context);
    const Var<float> x = tape.leaf(xyz.ref());
    const Var<float> loss = weighted_sum<float>(tape, {{1, mean_squared_displacement(tape, x, target.ref())},
                                                       {2, edge_length_loss(tape, x, target.ref(), g, 1e-7f)},
                                                       {3, clash_loss(tape, x, g, 2.0f, 1e-7f)}});
    tape.backward(loss);
    seen.emplace_back(x.grad().begin(), x.grad().end());
    seen.back().push_back(loss.item());
  }
  EXPECT_EQ(seen[0], seen[1]);
}

}  // namespace
}  // namespace regrain::test
