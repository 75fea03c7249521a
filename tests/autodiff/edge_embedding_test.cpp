#include "autodiff/edge_embedding.hpp"

#include "autodiff/dense.hpp"
#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

// inputs, hidden channels, outputs
struct Widths {
  int in, hidden, out;
};

std::vector<Tensor<double>> weights(const Widths& w) {
  return {random({w.hidden, w.in}, 2), random({w.hidden}, 3), random({w.out, w.hidden}, 4), random({w.out}, 5)};
}

TEST(EdgeEmbeddingGradient, MatchesDifferences) {
  for (int n_edges : {0, 1, 7, 150})
    for (Widths w : {Widths{14, 12, 12}, {1, 1, 1}, {8, 9, 3}}) {
      const Tensor<double> x = random({n_edges, w.in}, 1);
      // a short step: relu has kinks
      expect_gradient(
          [&](auto& t, const auto& v) { return std::vector{edge_embedding(t, x.ref(), v[0], v[1], v[2], v[3])}; },
          weights(w), {.step = 1e-8});
    }
}

TEST(EdgeEmbedding, IsTwoLinearMapsWithReluBetween) {
  const Widths w{14, 12, 12};
  const Tensor<double> x = random({300, w.in}, 1);
  const auto inputs = weights(w);
  Context context(2);
  Tape<double> tape(context);
  std::vector<Var<double>> v;
  for (const auto& input : inputs) v.push_back(tape.leaf(input.ref()));
  const Var<double> got = edge_embedding(tape, x.ref(), v[0], v[1], v[2], v[3]);
  const Var<double> want =
      linear(tape, activate(tape, Activation::relu, linear(tape, tape.constant(x.ref()), v[0], v[1])), v[2], v[3]);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got.value().data()[i], want.value().data()[i], 1e-13);
}

// value and gradients of the weights
template <class T>
std::vector<double> everything(const Widths& w, int n_edges) {
  const Tensor<T> x = random<T>({n_edges, w.in}, 1);
  const std::vector<Tensor<T>> inputs{random<T>({w.hidden, w.in}, 2), random<T>({w.hidden}, 3), random<T>({w.out, w.hidden}, 4),
                                      random<T>({w.out}, 5)};
  Context context(1);
  Tape<T> tape(context);
  std::vector<Var<T>> v;
  for (const auto& input : inputs) v.push_back(tape.leaf(input.ref()));
  const Var<T> y = edge_embedding(tape, x.ref(), v[0], v[1], v[2], v[3]);
  const Tensor<T> cotangent = random<T>(y.shape(), 9);
  tape.backward(dot_constant(tape, y, cotangent.ref()));
  std::vector<double> all(y.value().begin(), y.value().end());
  for (const auto& weight : v) all.insert(all.end(), weight.grad().begin(), weight.grad().end());
  return all;
}

// Vectors of float have twice the elements: rows that end in whole vectors, in half of one, and in less.
TEST(EdgeEmbedding, FloatAgreesWithDouble) {
  for (Widths w : {Widths{14, 12, 12}, {3, 8, 24}, {8, 40, 3}, {5, 16, 8}}) {
    const auto single = everything<float>(w, 150), want = everything<double>(w, 150);
    double largest = 0;
    for (double x : want) largest = std::max(largest, std::abs(x));
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(single[i], want[i], 1e-5 * largest);
  }
}

TEST(EdgeEmbedding, SameBitsForEveryThreadCount) {
  const Widths w{14, 12, 12};
  const Tensor<double> x = random({40000, w.in}, 1);
  const auto inputs = weights(w);
  std::vector<std::vector<double>> seen;
  for (int n_threads : {1, 2, 3}) {
    Context context(n_threads);
    Tape<double> tape(context);
    std::vector<Var<double>> v;
    for (const auto& input : inputs) v.push_back(tape.leaf(input.ref()));
    const Var<double> y = edge_embedding(tape, x.ref(), v[0], v[1], v[2], v[3]);
    const Tensor<double> cotangent = random(y.shape(), 9);
    tape.backward(dot_constant(tape, y, cotangent.ref()));
    std::vector<double> all(y.value().begin(), y.value().end());
    for (const auto& weight : v) all.insert(all.end(), weight.grad().begin(), weight.grad().end());
    seen.push_back(all);
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}

}  // namespace
}  // namespace regrain::test
