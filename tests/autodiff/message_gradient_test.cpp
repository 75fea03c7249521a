#include <gtest/gtest.h>

#include "autodiff/bead_atoms.hpp"
#include "autodiff/edge_filter.hpp"
#include "tests/support/gradient.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {
namespace {

using kernels::FilterForm;
using kernels::Gate;

// A filter graph over random points, each frame with edges of its own.
FilterGraph<double> random_filter_graph(int n_dst, int n_src, int n_edges, FilterForm form) {
  Context context(1);
  kernels::Graph graph = random_graph(n_dst, n_src, n_edges, 4);
  const Tensor<double> x_dst = random({n_dst, 3}, 8, 3), x_src = n_dst == n_src ? x_dst : random({n_src, 3}, 9, 3);
  return kernels::make_filter_graph<double>(context.host(), graph, x_dst.ref(), x_src.ref(), 9.0, 4,
                                            n_dst == n_src ? std::vector<int>{0, n_dst} : std::vector<int>{},
                                            kernels::kPseudoGates, form);
}

constexpr int kF = 3, kRadial = 4;

Tensor<double> weight(int gates) { return random({gates * kF, kRadial}, 11, 0.5); }
Tensor<double> bias(int gates) { return random({gates * kF}, 12, 0.5); }

class MessageGradient : public testing::TestWithParam<std::tuple<int, FilterForm>> {
 protected:
  int n_edges() const { return std::get<0>(GetParam()); }
  FilterGraph<double> graph() const { return random_filter_graph(5, 5, n_edges(), std::get<1>(GetParam())); }
};
INSTANTIATE_TEST_SUITE_P(EdgesAndForms, MessageGradient,
                         testing::Combine(testing::Values(0, 1, 7, 25), testing::Values(FilterForm::sparse, FilterForm::dense)));

TEST_P(MessageGradient, Scalar) {
  const auto g = graph();
  expect_gradient([&](auto& t, const auto& x) { return std::vector{scalar_message<double>(t, g, {x[1], x[2]}, x[0])}; },
                  {random({5, kF}), weight(1), bias(1)});
}

TEST_P(MessageGradient, Equivariant) {
  const auto g = graph();
  expect_gradient(
      [&](auto& t, const auto& x) {
        const auto out = equivariant_message<double>(t, g, {x[2], x[3]}, x[0], x[1]);
        return std::vector{out.s, out.v};
      },
      {random({5, 3 * kF}, 1), random({5, 3, kF}, 2), weight(3), bias(3)});
}

TEST_P(MessageGradient, Pseudo) {
  const auto g = graph();
  for (auto sum : {PseudoscalarSum::plain, PseudoscalarSum::envelope})
    expect_gradient(
        [&](auto& t, const auto& x) {
          const auto out = pseudo_message<double>(t, g, {x[5], x[6]}, x[4], {x[0], x[1], x[2], x[3]}, sum);
          return std::vector{out.s, out.s_bar, out.v, out.v_bar};
        },
        {random({5, kF}, 1), random({5, kF}, 2), random({5, 3, kF}, 3), random({5, 3, kF}, 4), random({5, 9 * kF}, 5),
         weight(9), bias(9)});
}

// some gates alone: their derivative, and what the whole block makes of zero weights for the others
TEST_P(MessageGradient, PseudoWithSomeGates) {
  const auto g = graph();
  for (unsigned mask : {0x003u, 0x087u, 0x1afu, 0x01fu})
    for (bool pseudoscalars : {true, false}) {
      const PseudoGates gates = PseudoGates::of(mask, pseudoscalars);
      const int n_gates = gates.layout.n_gates;
      const std::vector<Tensor<double>> inputs{random({5, kF}, 1), random({5, kF}, 2), random({5, 3, kF}, 3),
                                               random({5, 3, kF}, 4), random({5, n_gates * kF}, 5), weight(9), bias(9)};
      const auto message = [&](Tape<double>& t, const std::vector<Var<double>>& x, Var<double> phi, const PseudoGates& some) {
        return pseudo_message<double>(t, g, {x[5], x[6]}, phi, {x[0], x[1], x[2], x[3]}, PseudoscalarSum::envelope, some);
      };
      expect_gradient(
          [&](auto& t, const auto& x) {
            const auto out = message(t, x, x[4], gates);
            return std::vector{out.s, out.s_bar, out.v, out.v_bar};
          },
          inputs);

      Tensor<double> phi({5, 9 * kF});
      for (int i = 0; i < 5; ++i)
        for (int u = 0; u < n_gates; ++u)
          std::copy_n(inputs[4].data() + (i * n_gates + u) * kF, kF, phi.data() + (i * 9 + gates.layout.block[u]) * kF);
      Context context(1);
      Tape<double> tape(context);
      std::vector<Var<double>> x;
      for (const auto& input : inputs) x.push_back(tape.leaf(input.ref()));
      const auto some = message(tape, x, x[4], gates), all = message(tape, x, tape.leaf(phi.ref()), {});
      for (auto [a, b] : {std::pair{some.s, all.s}, {some.v, all.v}, {some.v_bar, all.v_bar}})
        for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a.value().data()[i], b.value().data()[i], 1e-13);
      for (std::size_t i = 0; i < some.s_bar.size(); ++i)
        EXPECT_NEAR(some.s_bar.value().data()[i], pseudoscalars ? all.s_bar.value().data()[i] : 0, 1e-13);
    }
}

TEST(MessageGradientShapes, PoolingGraphsAndNoNodes) {
  for (auto [n_dst, n_src, n_edges] : {std::tuple{3, 8, 20}, {1, 1, 1}, {1, 5, 0}}) {
    const auto g = random_filter_graph(n_dst, n_src, n_edges, FilterForm::sparse);
    expect_gradient(
        [&](auto& t, const auto& x) {
          const auto out = equivariant_message<double>(t, g, {x[2], x[3]}, x[0], x[1]);
          return std::vector{out.s, out.v};
        },
        {random({n_src, 3 * kF}, 1), random({n_src, 3, kF}, 2), weight(3), bias(3)});
  }
  FilterGraph<double> empty;
  empty.graph = kernels::make_graph(0, 0, {});
  empty.cutoff = 5;
  empty.n_rbf = kRadial;
  expect_gradient([&](auto& t, const auto& x) { return std::vector{scalar_message<double>(t, empty, {x[1], x[2]}, x[0])}; },
                  {Tensor<double>({0, kF}), weight(1), bias(1)});
}

TEST(UpdateGradient, MatchesDifferences) {
  for (int n : {0, 1, 7})
    expect_gradient(
        [](auto& t, const auto& x) {
          const auto u = gated_update<double>(t, x[0], x[1], x[2]);
          return std::vector{u.s, u.v, vector_norm(t, x[1]), gate_vectors(t, vector_norm(t, x[2]), x[1])};
        },
        {random({n, 3 * kF}, 1), random({n, 3, kF}, 2), random({n, 3, kF}, 3)});
}

TEST(PlaceBeadAtomsGradient, MatchesDifferences) {
  // beads of 3, 1 and no atoms
  const kernels::Graph beads = kernels::pooling_graph(3, {0, 1, 0, 0});
  const Tensor<int> channel = Tensor<int>::from({0, 0, 1, 2});
  const Tensor<double> x = random({3, 3}, 4);
  for (bool recenter : {false, true})
    expect_gradient(
        [&](auto& t, const auto& v) {
          return std::vector{place_bead_atoms<double>(t, v[0], beads, View<const int, 1>(channel), View<const double, 2>(x), recenter)};
        },
        {random({3, 3, 4})});
  const kernels::Graph none = kernels::pooling_graph(0, {});
  const Tensor<int> no_channel({0});
  const Tensor<double> no_x({0, 3});
  expect_gradient(
      [&](auto& t, const auto& v) {
        return std::vector{place_bead_atoms<double>(t, v[0], none, View<const int, 1>(no_channel), View<const double, 2>(no_x), true)};
      },
      {Tensor<double>({0, 3, 4})});
}

}  // namespace
}  // namespace regrain::test
