#include "autodiff/tensor_product.hpp"

#include "autodiff/edge_hidden.hpp"
#include "kernels/spherical_harmonics.hpp"
#include "tests/support/gradient.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {
namespace {

using kernels::feature_width;
using kernels::n_tensor_weights;
using Form = TensorProductForm;

struct Case {
  Graph graph;
  int level;
  Tensor<double> y;
  std::vector<Tensor<double>> inputs;  // x, h, weight, bias
};

Case make_case(Graph graph, int level, int hidden = 7) {
  Case c{std::move(graph), level, {}, {}};
  const int n = c.graph.n_edges();
  c.y = Tensor<double>({n, 9});
  Context context(1);
  const Tensor<double> r = random({n, 3}, 5);
  context.visit([&](auto be) { kernels::spherical_harmonics<double>(be, r, c.y); });
  c.inputs = {random({c.graph.n_src, feature_width(level)}, 1), random({n, hidden}, 2),
              random({n_tensor_weights(level), hidden}, 3), random({n_tensor_weights(level)}, 4)};
  return c;
}

Var<double> run(Tape<double>& tape, const Case& c, const std::vector<Var<double>>& x, Form form,
                Form backward) {
  return tensor_product_convolution(tape, c.level, c.graph, x[0], c.y.ref(), x[1], x[2], x[3], form,
                                    backward);
}

// the value and all gradients, one after another
std::vector<double> everything(const Case& c, Form form, Form backward, int n_threads = 1) {
  Context context(n_threads);
  Tape<double> tape(context);
  std::vector<Var<double>> x;
  for (const auto& input : c.inputs) x.push_back(tape.leaf(input.ref()));
  const Var<double> out = run(tape, c, x, form, backward);
  const Tensor<double> cotangent = random(out.shape(), 9);
  tape.backward(dot_constant(tape, out, cotangent.ref()));
  std::vector<double> all(out.value().begin(), out.value().end());
  for (const auto& v : x) all.insert(all.end(), v.grad().begin(), v.grad().end());
  return all;
}

void expect_close(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  double largest = 0, off = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i]));
    off = std::max(off, std::abs(a[i] - b[i]));
  }
  EXPECT_LE(off, tolerance * largest);
}

// every sender, or every receiver, has at most one edge
Graph one_edge_each(int n_many, int n_few, bool senders) {
  const Tensor<int> owner = random_index(n_many, n_few, 6);
  std::vector<kernels::Edge> edges;
  for (int a = 0; a < n_many; ++a) {
    const int b = owner[static_cast<std::size_t>(a)];
    edges.push_back(senders ? kernels::Edge{b, a} : kernels::Edge{a, b});
  }
  return senders ? kernels::make_graph(n_few, n_many, edges) : kernels::make_graph(n_many, n_few, edges);
}

TEST(TensorProductGradient, MatchesDifferences) {
  for (int level : {0, 1, 2})
    for (int n_edges : {0, 1, 50}) {
      const Case c = make_case(random_graph(4, 5, n_edges, 4), level);
      for (Form backward : {Form::automatic, Form::direct})
        expect_gradient(
            [&](auto& t, const auto& x) { return std::vector{run(t, c, x, Form::automatic, backward)}; },
            c.inputs);
    }
}

TEST(TensorProduct, FormsAgree) {
  for (int level : {0, 1, 2})
    for (int hidden : {1, 7, 36}) {
      const Case general = make_case(random_graph(40, 30, 900, 4), level, hidden);
      expect_close(everything(general, Form::direct, Form::direct),
                   everything(general, Form::by_receiver, Form::by_sender), 1e-12);
      const Case pooling = make_case(one_edge_each(90, 7, true), level, hidden);
      expect_close(everything(pooling, Form::direct, Form::direct),
                   everything(pooling, Form::by_receiver, Form::by_receiver), 1e-12);
      const Case spreading = make_case(one_edge_each(90, 7, false), level, hidden);
      expect_close(everything(spreading, Form::direct, Form::direct),
                   everything(spreading, Form::by_sender, Form::by_sender), 1e-12);
      // and both on the graph where all are possible
      const Case single = make_case(one_edge_each(1, 1, true), level, hidden);
      for (Form form : {Form::by_receiver, Form::by_sender})
        expect_close(everything(single, Form::direct, Form::direct), everything(single, form, form), 1e-12);
    }
}

TEST(TensorProduct, FormsThatHaveNoSingleWriterAreRefused) {
  const Case c = make_case(random_graph(3, 3, 20, 4), 1);
  EXPECT_THROW(everything(c, Form::by_sender, Form::by_sender), Error);
  EXPECT_THROW(everything(c, Form::by_receiver, Form::by_receiver), Error);
}

TEST(TensorProduct, SameBitsForEveryThreadCount) {
  for (int level : {0, 1, 2}) {
    const Case c = make_case(random_graph(100, 120, 4000, 4), level, 36);
    EXPECT_EQ(everything(c, Form::automatic, Form::automatic, 1),
              everything(c, Form::automatic, Form::automatic, 2));
    EXPECT_EQ(everything(c, Form::direct, Form::direct, 1), everything(c, Form::direct, Form::direct, 2));
  }
}

TEST(TensorProduct, AReceiverDoesNotKnowWhatElseIsInTheBatch) {
  const Graph one = random_graph(20, 20, 300, 4);
  std::vector<kernels::Edge> edges;
  for (int copy : {0, 20})
    for (int e = 0; e < one.n_edges(); ++e)
      edges.push_back(
          {one.dst[static_cast<std::size_t>(e)] + copy, one.src[static_cast<std::size_t>(e)] + copy});
  Case single = make_case(one, 2), both = make_case(kernels::make_graph(40, 40, edges), 2);
  both.inputs[2] = single.inputs[2];
  both.inputs[3] = single.inputs[3];
  const auto second_half = [](const Tensor<double>& from, Tensor<double>& to) {
    std::copy(from.begin(), from.end(), to.begin() + from.size());
  };
  second_half(single.inputs[0], both.inputs[0]);
  second_half(single.inputs[1], both.inputs[1]);
  second_half(single.y, both.y);
  const auto alone = everything(single, Form::automatic, Form::automatic);
  const auto together = everything(both, Form::automatic, Form::automatic);
  EXPECT_TRUE(std::equal(alone.begin(), alone.begin() + 20 * 48, together.begin() + 20 * 48));
}

TEST(EdgeHiddenGradient, MatchesDifferences) {
  for (int n_edges : {0, 1, 40})
    for (EndOrder order : {EndOrder::receiver_first, EndOrder::sender_first}) {
      const Graph g = random_graph(5, 6, n_edges, 4);
      expect_gradient(
          [&](auto& t, const auto& x) {
            return std::vector{edge_hidden(t, g, order, 2, x[0], x[1], x[2], x[3], x[4])};
          },
          {random({n_edges, 3}, 1), random({5, 4}, 2), random({6, 2}, 3), random({6, 7}, 4), random({6}, 5)},
          {.tolerance = 1e-6, .step = 1e-8});
    }
}

TEST(EdgeHidden, OrderSaysWhoseScalarsComeFirst) {
  const Graph g = kernels::make_graph(1, 1, {{0, 0}});
  const Tensor<double> edge({1, 1}, {1}), receiver({1, 1}, {10}), sender({1, 1}, {100});
  const Tensor<double> weight({1, 3}, {1, 2, 3}), bias({1}, {0.5});
  Context context(1);
  Tape<double> tape(context);
  const auto h = [&](EndOrder order) {
    return edge_hidden(tape, g, order, 1, tape.leaf(edge.ref()), tape.leaf(receiver.ref()),
                       tape.leaf(sender.ref()), tape.leaf(weight.ref()), tape.leaf(bias.ref()))
        .item();
  };
  EXPECT_EQ(h(EndOrder::receiver_first), 1 + 20 + 300 + 0.5);
  EXPECT_EQ(h(EndOrder::sender_first), 1 + 200 + 30 + 0.5);
}

}  // namespace
}  // namespace regrain::test
