#include "autodiff/residue_messages.hpp"

#include <cmath>

#include "tests/support/gradient.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {
namespace {

using kernels::kEdgeFeatures, kernels::kGeometry;

// Points and axes that need not be a frame: the op takes them as they come.
struct Case {
  Tensor<double> rows;
  Tensor<int> place;
  kernels::Graph graph;

  Case(int n, int n_edges) : rows(random({n, kGeometry}, 5, 3)), place(random_index(n, 12, 6)), graph(random_graph(std::max(n, 1), std::max(n, 1), n_edges, 7)) {
    if (n == 0) graph = kernels::make_graph(0, 0, {});
    if (n > 1) place[1] += 2 * kernels::kPlaceGap;
  }
  ResidueGeometry<double> geometry() const { return {rows.ref(), place.ref()}; }
};

std::vector<Tensor<double>> inputs(int n, int h) {
  return {random({n, h}, 1), random({n, h}, 2), random({h, kEdgeFeatures}, 3, 0.3)};
}

TEST(ResidueMessagesGradient, MatchesDifferences) {
  for (auto [n, n_edges, h] : {std::array{0, 0, 16}, {1, 1, 16}, {5, 11, 16}, {9, 70, 80}}) {
    const Case c(n, n_edges);
    expect_gradient([&](auto& t, const auto& v) { return std::vector{residue_messages(t, v[0], v[1], v[2], c.graph, c.geometry())}; },
                    inputs(n, h));
  }
}

TEST(ResidueMessages, AreTheirFormula) {
  const int n = 7, h = 32;
  const Case c(n, 90);
  const auto in = inputs(n, h);
  Context context(1);
  Tape<double> tape(context, TapeMode::infer);
  const Var<double> y =
      residue_messages(tape, tape.constant(in[0].ref()), tape.constant(in[1].ref()), tape.constant(in[2].ref()), c.graph, c.geometry());
  std::vector<double> want(static_cast<std::size_t>(n * h));
  for (int e = 0; e < c.graph.n_edges(); ++e) {
    const int i = c.graph.dst[static_cast<std::size_t>(e)], j = c.graph.src[static_cast<std::size_t>(e)];
    double f[kEdgeFeatures];
    kernels::edge_features(c.rows.ref().view<2>().row(i), c.rows.ref().view<2>().row(j), c.place[static_cast<std::size_t>(j)] - c.place[static_cast<std::size_t>(i)], f);
    for (int k = 0; k < h; ++k) {
      double x = in[0].ref().view<2>()(i, k) + in[1].ref().view<2>()(j, k);
      for (int m = 0; m < kEdgeFeatures; ++m) x += in[2].ref().view<2>()(k, m) * f[m];
      want[static_cast<std::size_t>(i * h + k)] += x / (1 + std::exp(-x));
    }
  }
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(y.value().data()[i], want[i], 1e-11);
}

TEST(ResidueMessages, SameBitsForEveryThreadCount) {
  const int n = 300, h = 64;
  const Case c(n, 5000);
  const auto in = inputs(n, h);
  std::vector<std::vector<double>> seen;
  for (int n_threads : {1, 2, 3}) {
    Context context(n_threads);
    Tape<double> tape(context);
    std::vector<Var<double>> v;
    for (const auto& x : in) v.push_back(tape.leaf(x.ref()));
    const Var<double> y = residue_messages(tape, v[0], v[1], v[2], c.graph, c.geometry());
    const Tensor<double> cotangent = random(y.shape(), 9);
    tape.backward(dot_constant(tape, y, cotangent.ref()));
    std::vector<double> all(y.value().begin(), y.value().end());
    for (const auto& x : v) all.insert(all.end(), x.grad().begin(), x.grad().end());
    seen.push_back(all);
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}

TEST(EdgeFeatures, TellNeighboursInTheSequenceApart) {
  const Case c(2, 1);
  const auto kind = [&](int separation) {
    double f[kEdgeFeatures];
    kernels::edge_features(c.rows.ref().view<2>().row(0), c.rows.ref().view<2>().row(1), separation, f);
    int found = -1;
    for (int k = 0; k < kernels::kPlaceKinds; ++k)
      if (f[kEdgeFeatures - kernels::kPlaceKinds + k] == 1) found = k;
    return found;
  };
  std::vector<int> kinds;
  for (int s : {-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, kernels::kPlaceGap}) kinds.push_back(kind(s));
  for (int k = 0; k < kernels::kPlaceKinds; ++k) EXPECT_EQ(kinds[static_cast<std::size_t>(k)], k);
  EXPECT_EQ(kind(-40), 0);
  EXPECT_EQ(kind(1000), 11);
  EXPECT_EQ(kind(-kernels::kPlaceGap + 100), 12);
}

TEST(EdgeFeatures, HaveNoDirectionAtNoDistance) {
  std::vector<double> rows(kGeometry, 1.0);
  double f[kEdgeFeatures];
  kernels::edge_features(rows.data(), rows.data(), 1, f);
  for (int k = 0; k < 9; ++k) EXPECT_EQ(f[k], 0);
  for (double x : f) EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace regrain::test
