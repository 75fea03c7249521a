#include "autodiff/dense.hpp"

#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

TEST(LinearGradient, MatchesDifferences) {
  for (int n : {0, 1, 7, 33}) {
    for (auto [in, out] : {std::pair{1, 1}, {5, 3}, {3, 20}}) {
      expect_gradient([](auto& t, const auto& x) { return std::vector{linear(t, x[0], x[1], x[2])}; },
                      {random({n, in}, 1), random({out, in}, 2), random({out}, 3)});
      expect_gradient([](auto& t, const auto& x) { return std::vector{linear(t, x[0], x[1])}; },
                      {random({n, in}, 1), random({out, in}, 2)});
    }
  }
}

// blocks of a weight's rows: the columns of the whole map, and no gradient for the other rows
TEST(LinearGradient, BlocksOfRows) {
  const RowBlocks blocks{3, 3, {0, 1, 3}};
  for (int n : {0, 1, 7}) {
    const std::vector<Tensor<double>> inputs{random({n, 4}, 1), random({12, 4}, 2), random({12}, 3)};
    expect_gradient([&](auto& t, const auto& x) { return std::vector{linear(t, x[0], x[1], x[2], blocks)}; }, inputs);
    Context context(1);
    Tape<double> tape(context);
    std::vector<Var<double>> x;
    for (const auto& input : inputs) x.push_back(tape.leaf(input.ref()));
    const Var<double> some = linear(tape, x[0], x[1], x[2], blocks), all = linear(tape, x[0], x[1], x[2]);
    for (int i = 0; i < n; ++i)
      for (int c = 0; c < 9; ++c) EXPECT_EQ(some.value().data()[9 * i + c], all.value().data()[12 * i + (c < 6 ? c : c + 3)]);
  }
}

TEST(ActivationGradient, MatchesDifferences) {
  for (auto kind : {Activation::swish, Activation::relu, Activation::tanh, Activation::sigmoid,
                    Activation::shifted_softplus, Activation::leaky_relu, Activation::elu}) {
    SCOPED_TRACE(kernels::activation_name(kind));
    for (int n : {0, 1, 31}) {
      Tensor<double> x = random({n}, 5);
      for (double& v : x) v += v > 0 ? 0.1 : -0.1;  // away from the kink at 0
      expect_gradient([=](auto& t, const auto& v) { return std::vector{activate(t, kind, v[0])}; }, {x});
    }
  }
}

TEST(EmbedGradient, AddsUpRepeatedRowsAndKeepsTheFrozenOne) {
  for (int n : {0, 1, 9}) {
    const Tensor<int> index = random_index(n, 4, 3);
    expect_gradient([&](auto& t, const auto& x) { return std::vector{embed(t, x[0], View<const int, 1>(index))}; },
                    {random({4, 3})});
  }
  const Tensor<int> index = Tensor<int>::from({0, 1, 1, 0});
  Context context(1);
  Tape<double> tape(context);
  const Tensor<double> table = random({2, 3});
  const Var<double> t = tape.leaf(table.ref());
  const Tensor<double> ones({4, 3}, std::vector<double>(12, 1.0));
  tape.backward(dot_constant(tape, embed(tape, t, View<const int, 1>(index), 0), ones.ref()));
  EXPECT_EQ(t.grad().data()[0], 0);
  EXPECT_EQ(t.grad().data()[3], 2);
}

TEST(ArithmeticGradient, MatchesDifferences) {
  for (int n : {0, 1, 6}) {
    expect_gradient(
        [](auto& t, const auto& x) { return std::vector{add(t, x[0], scale(t, 0.3, x[1])), join_columns(t, x[0], x[1])}; },
        {random({n, 3}, 1), random({n, 3}, 2)});
    expect_gradient([](auto& t, const auto& x) { return std::vector{join_columns(t, x[0], x[1])}; },
                    {random({n, 2}, 1), random({n, 5}, 2)});
  }
  expect_gradient(
      [](auto& t, const auto& x) { return std::vector{weighted_sum<double>(t, {{0.5, x[0]}, {-2, x[1]}, {3, x[0]}})}; },
      {random({}, 1), random({}, 2)});
}

}  // namespace
}  // namespace regrain::test
