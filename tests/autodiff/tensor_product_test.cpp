#include "autodiff/tensor_product.hpp"

#include "kernels/spherical_harmonics.hpp"
#include "tests/support/gradient.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {
namespace {

using kernels::feature_width;
using kernels::n_tensor_weights;
using Form = TensorProductForm;

constexpr int kEdgeInputs = 3, kScalars = 2;

struct Case {
  Graph graph;
  int level;
  EndOrder order;
  Tensor<double> y;
  std::vector<Tensor<double>> inputs;  // x_dst, x_src, edge, first, its bias, last, its bias
};

Case make_case(Graph graph, int level, int hidden = 7, EndOrder order = EndOrder::receiver_first) {
  Case c{std::move(graph), level, order, {}, {}};
  const int n = c.graph.n_edges();
  c.y = Tensor<double>({n, 9});
  Context context(1);
  const Tensor<double> r = random({n, 3}, 5);
  context.visit([&](auto be) { kernels::spherical_harmonics<double>(be, r, c.y); });
  c.inputs = {random({c.graph.n_dst, 4}, 1),
              random({c.graph.n_src, feature_width(level)}, 2),
              random({n, kEdgeInputs}, 3),
              random({hidden, kEdgeInputs + 2 * kScalars}, 4),
              random({hidden}, 5),
              random({n_tensor_weights(level), hidden}, 6),
              random({n_tensor_weights(level)}, 7)};
  return c;
}

template <class T>
Var<T> run(Tape<T>& tape, const Case& c, ArrayRef<const T> y, const std::vector<Var<T>>& x, Form form, Form backward) {
  return tensor_product_convolution(tape, c.level, c.graph, y, x[0], x[1],
                                    {c.order, kScalars, x[2], x[3], x[4], x[5], x[6]}, form, backward);
}

Var<double> run(Tape<double>& tape, const Case& c, const std::vector<Var<double>>& x, Form form, Form backward) {
  return run<double>(tape, c, c.y.ref(), x, form, backward);
}

template <class T>
Tensor<T> as(const Tensor<double>& x) {
  Tensor<T> out(x.shape());
  std::transform(x.begin(), x.end(), out.begin(), [](double v) { return static_cast<T>(v); });
  return out;
}

// the value and all gradients, one after another
template <class T = double>
std::vector<T> everything(const Case& c, Form form, Form backward, int n_threads = 1) {
  Context context(n_threads);
  Tape<T> tape(context);
  std::vector<Tensor<T>> inputs;
  for (const auto& input : c.inputs) inputs.push_back(as<T>(input));
  std::vector<Var<T>> x;
  for (const auto& input : inputs) x.push_back(tape.leaf(input.ref()));
  const Tensor<T> y = as<T>(c.y);
  const Var<T> out = run<T>(tape, c, y.ref(), x, form, backward);
  const Tensor<T> cotangent = random<T>(out.shape(), 9);
  tape.backward(dot_constant(tape, out, cotangent.ref()));
  std::vector<T> all(out.value().begin(), out.value().end());
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
      for (Form backward : {Form::automatic, Form::direct})
        for (EndOrder order : {EndOrder::receiver_first, EndOrder::sender_first}) {
          const Case c = make_case(random_graph(4, 5, n_edges, 4), level, 7, order);
          // a short step: relu has kinks
          expect_gradient(
              [&](auto& t, const auto& x) { return std::vector{run(t, c, x, Form::automatic, backward)}; },
              c.inputs, {.step = 1e-8});
        }
    }
}

TEST(TensorProductGradient, OnEveryKindOfGraph) {
  for (bool senders : {true, false}) {
    const Case c = make_case(one_edge_each(30, 4, senders), 2);
    expect_gradient(
        [&](auto& t, const auto& x) { return std::vector{run(t, c, x, Form::automatic, Form::automatic)}; },
        c.inputs, {.step = 1e-8});
  }
}

// What is a constant gets no gradient, and the other gradients are the same to the bit.
TEST(TensorProductGradient, InputsMayBeConstants) {
  for (bool pooling : {false, true})
    for (Form form : {Form::automatic, Form::direct}) {
      const Case c = make_case(pooling ? one_edge_each(60, 7, true) : random_graph(9, 8, 90, 4), 1);
      const auto gradients = [&](std::size_t constant) {
        Context context(1);
        Tape<double> tape(context);
        std::vector<Var<double>> x;
        for (std::size_t v = 0; v < c.inputs.size(); ++v)
          x.push_back(v == constant ? tape.constant(c.inputs[v].ref()) : tape.leaf(c.inputs[v].ref()));
        const Var<double> out = run(tape, c, x, form, form);
        const Tensor<double> cotangent = random(out.shape(), 9);
        tape.backward(dot_constant(tape, out, cotangent.ref()));
        std::vector<std::vector<double>> all;
        for (const auto& v : x)
          all.push_back(v.requires_grad() ? std::vector<double>(v.grad().begin(), v.grad().end()) : std::vector<double>());
        return all;
      };
      const auto want = gradients(c.inputs.size());
      for (std::size_t constant = 0; constant < c.inputs.size(); ++constant) {
        const auto got = gradients(constant);
        for (std::size_t v = 0; v < got.size(); ++v) {
          EXPECT_EQ(got[v], v == constant ? std::vector<double>() : want[v]) << "input " << v << ", constant " << constant;
        }
      }
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

// Vectors of float have twice the elements, and a tile of level 1 is no whole number of the wider ones.
TEST(TensorProduct, FloatAgreesWithDouble) {
  for (int level : {0, 1, 2})
    for (int hidden : {1, 7, 8, 23, 36}) {
      const auto expect_same = [](const Case& c, Form form, Form backward) {
        const std::vector<float> single = everything<float>(c, form, backward);
        expect_close({single.begin(), single.end()}, everything(c, form, backward), 1e-5);
      };
      expect_same(make_case(random_graph(40, 30, 900, 4), level, hidden), Form::by_receiver, Form::by_sender);
      expect_same(make_case(one_edge_each(90, 7, true), level, hidden), Form::by_receiver, Form::by_receiver);
      expect_same(make_case(one_edge_each(90, 7, false), level, hidden), Form::by_sender, Form::by_sender);
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
  for (std::size_t weight : {3u, 4u, 5u, 6u}) both.inputs[weight] = single.inputs[weight];
  const auto second_half = [](const Tensor<double>& from, Tensor<double>& to) {
    std::copy(from.begin(), from.end(), to.begin() + from.size());
  };
  for (std::size_t row_of : {0u, 1u, 2u}) second_half(single.inputs[row_of], both.inputs[row_of]);
  second_half(single.y, both.y);
  const auto alone = everything(single, Form::automatic, Form::automatic);
  const auto together = everything(both, Form::automatic, Form::automatic);
  EXPECT_TRUE(std::equal(alone.begin(), alone.begin() + 20 * 48, together.begin() + 20 * 48));
}

// one edge, one hidden activation, and weights that are that activation
TEST(EdgeNetwork, OrderSaysWhoseScalarsComeFirst) {
  const Graph g = kernels::make_graph(1, 1, {{0, 0}});
  const Tensor<double> y({1, 9}, {1, 0, 0, 0, 0, 0, 0, 0, 0}), edge({1, 1}, {1}), receiver({1, 1}, {10});
  Tensor<double> sender({1, 12}), last({n_tensor_weights(0), 1});
  sender[0] = 100;
  last[0] = 1;  // from scalar 0 to scalar 0
  const Tensor<double> first({1, 3}, {1, 2, 3}), first_bias({1}, {0.5}), last_bias({n_tensor_weights(0)});
  Context context(1);
  Tape<double> tape(context);
  const auto hidden = [&](EndOrder order) {
    const auto out = tensor_product_convolution(
        tape, 0, g, y.ref(), tape.leaf(receiver.ref()), tape.leaf(sender.ref()),
        {order, 1, tape.leaf(edge.ref()), tape.leaf(first.ref()), tape.leaf(first_bias.ref()), tape.leaf(last.ref()),
         tape.leaf(last_bias.ref())});
    return out.value().data()[0] * std::sqrt(12.) / 100;  // the path's coefficient and the sender's scalar
  };
  EXPECT_NEAR(hidden(EndOrder::receiver_first), 1 + 20 + 300 + 0.5, 1e-10);
  EXPECT_NEAR(hidden(EndOrder::sender_first), 1 + 200 + 30 + 0.5, 1e-10);
}

}  // namespace
}  // namespace regrain::test
