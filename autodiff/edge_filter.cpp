#include "autodiff/edge_filter.hpp"

#include "autodiff/arithmetic.hpp"
#include "autodiff/segment.hpp"
#include "kernels/vector_update.hpp"

namespace regrain {

template <class T>
Var<T> edge_filter(Tape<T>& tape, const FilterGraph<T>& graph, const GateLayout& layout, Filter<T> filter, Var<T> x) {
  const FilterGraph<T>* g = &graph;
  Var<T> y = tape.result({graph.graph.n_dst, layout.n_out(), x.dim(2)}, {x, filter.weight, filter.bias});
  tape.forward([&](auto be) {
    kernels::edge_filter<T>(be, graph, layout, filter.weight.value(), filter.bias.value(), x.value(), y.mutable_value());
  });
  // dx_j = sum over its edges of w * dy_i; the filter's weights get the radial basis times x_j * dy_i
  tape.on_backward({y}, [=](auto be) {
    kernels::edge_filter_backward<T>(be, *g, layout, filter.weight.value(), filter.bias.value(), x.value(), y.grad(),
                                     grad_or_null<3>(x), grad_or_null<2>(filter.weight),
                                     grad_or_null<1>(filter.bias));
  });
  return y;
}

template <class T>
Var<T> scalar_message(Tape<T>& tape, const FilterGraph<T>& graph, Filter<T> filter, Var<T> phi) {
  const int n = phi.dim(0), f = phi.dim(1);
  const Var<T> y = edge_filter(tape, graph, kernels::kScalarGate, filter, tape.reshape(phi, {n, 1, f}));
  return tape.reshape(y, {y.dim(0), f});
}

template <class T>
ScalarVector<T> equivariant_message(Tape<T>& tape, const FilterGraph<T>& graph, Filter<T> filter, Var<T> phi, Var<T> v) {
  const int n_src = v.dim(0), f = v.dim(2), n_dst = graph.graph.n_dst;
  Var<T> x = tape.result({n_src, kernels::kEquivariantGates.n_in(), f}, {phi, v});
  tape.forward([&](auto be) { kernels::equivariant_gates<T>(be, phi.value(), v.value(), x.mutable_value()); });
  tape.on_backward({x}, [=](auto be) {
    kernels::equivariant_gates_backward<T>(be, phi.value(), v.value(), x.grad(), grad_or_null<2>(phi),
                                           grad_or_null<3>(v));
  });

  const Var<T> y = edge_filter(tape, graph, kernels::kEquivariantGates, filter, x);

  const ScalarVector<T> out{tape.result({n_dst, f}, {y}), tape.result({n_dst, 3, f}, {y})};
  tape.forward([&](auto be) {
    Var<T> s = out.s, d = out.v;
    kernels::equivariant_combine<T>(be, y.value(), s.mutable_value(), d.mutable_value());
  });
  tape.on_backward({out.s, out.v}, [=](auto be) {
    kernels::equivariant_combine_backward<T>(be, out.s.grad(), out.v.grad(), y.grad());
  });
  return out;
}

template <class T>
ScalarVector<T> gated_update(Tape<T>& tape, Var<T> q, Var<T> a, Var<T> b) {
  ScalarVector<T> out{tape.result({a.dim(0), a.dim(2)}, {q, a, b}), tape.result(a.shape(), {q, a, b})};
  tape.forward([&](auto be) {
    kernels::gated_update<T>(be, q.value(), a.value(), b.value(), out.s.mutable_value(), out.v.mutable_value());
  });
  tape.on_backward({out.s, out.v}, [=](auto be) {
    kernels::gated_update_backward<T>(be, q.value(), a.value(), b.value(), out.s.grad(), out.v.grad(), q.grad(),
                                      a.grad(), b.grad());
  });
  return out;
}

template <class T>
Var<T> gate_vectors(Tape<T>& tape, Var<T> q, Var<T> a) {
  Var<T> v = tape.result(a.shape(), {q, a});
  tape.forward([&](auto be) { kernels::gate_vectors<T>(be, q.value(), a.value(), v.mutable_value()); });
  // dq = sum over xyz of dv a, da = dv q
  tape.on_backward({v}, [=](auto be) {
    kernels::gate_vectors_backward<T>(be, q.value(), a.value(), v.grad(), q.grad(), a.grad());
  });
  return v;
}

template <class T>
Var<T> vector_norm(Tape<T>& tape, Var<T> v) {
  Var<T> norm = tape.result({v.dim(0), v.dim(2)}, {v});
  tape.forward([&](auto be) { kernels::vector_norm<T>(be, v.value(), norm.mutable_value()); });
  // dv = dnorm v / norm
  tape.on_backward({norm}, [=](auto be) {
    kernels::vector_norm_backward<T>(be, v.value(), norm.value(), norm.grad(), v.grad());
  });
  return norm;
}

namespace {

// the gradient of an output, null where nobody added to it
template <int Rank, class T>
View<const T, Rank> touched(Var<T> x) {
  return x.has_grad() ? View<const T, Rank>(x.grad().template view<Rank>()) : View<const T, Rank>();
}

// q_i = sum over neighbours of v_bar_j, weighted or not; (N,3,F)
template <class T>
Var<T> neighbor_sum(Tape<T>& tape, const FilterGraph<T>& graph, PseudoscalarSum sum, Var<T> v_bar) {
  const int n = v_bar.dim(0), f = v_bar.dim(2);
  if (sum == PseudoscalarSum::plain)
    return tape.reshape(neighbor_reduce(tape, Reduce::sum, tape.reshape(v_bar, {n, 3 * f}), graph.graph), {n, 3, f});
  // a filter of weight 0 and bias 1 is the envelope
  static constexpr GateLayout kVectorGate{1, {kernels::Gate::vector}};
  return edge_filter(tape, graph, kVectorGate, {filled(tape, {f, graph.n_rbf}, T(0)), filled(tape, {f}, T(1))}, v_bar);
}

}  // namespace

template <class T>
PseudoState<T> pseudo_message(Tape<T>& tape, const FilterGraph<T>& graph, Filter<T> filter, Var<T> phi,
                              PseudoState<T> node, PseudoscalarSum sum, const PseudoGates& gates) {
  const int n = node.s.dim(0), f = node.s.dim(1);
  Var<T> x = tape.result({n, gates.layout.n_in(), f}, {phi, node.v, node.v_bar});
  tape.forward([&](auto be) {
    kernels::pseudo_gates<T>(be, gates, phi.value(), node.v.value(), node.v_bar.value(), x.mutable_value());
  });
  tape.on_backward({x}, [=](auto be) {
    kernels::pseudo_gates_backward<T>(be, gates, phi.value(), node.v.value(), node.v_bar.value(), x.grad(), phi.grad(),
                                      grad_or_null<3>(node.v), grad_or_null<3>(node.v_bar));
  });

  const Var<T> y = edge_filter(tape, graph, gates.layout, filter, x);
  // one element stands for the sum nobody reads
  const Var<T> q = gates.pseudoscalars ? neighbor_sum(tape, graph, sum, node.v_bar) : tape.result({1, 1, 1}, {});

  const auto inputs = {y, q, node.s, node.s_bar, node.v, node.v_bar};
  PseudoState<T> out{tape.result({n, f}, inputs), tape.result({n, f}, inputs), tape.result({n, 3, f}, inputs),
                     tape.result({n, 3, f}, inputs)};
  tape.forward([&](auto be) {
    kernels::pseudo_combine<T>(be, gates, y.value(), q.value(),
                               {node.s.value(), node.s_bar.value(), node.v.value(), node.v_bar.value()},
                               {out.s.mutable_value(), out.s_bar.mutable_value(), out.v.mutable_value(),
                                out.v_bar.mutable_value()});
  });
  tape.on_backward({out.s, out.s_bar, out.v, out.v_bar}, [=](auto be) {
    kernels::pseudo_combine_backward<T>(
        be, gates, y.value(), q.value(), {node.s.value(), node.s_bar.value(), node.v.value(), node.v_bar.value()},
        {touched<2>(out.s), touched<2>(out.s_bar), touched<3>(out.v), touched<3>(out.v_bar)}, y.grad(),
        grad_or_null<3>(q),
        {grad_or_null<2>(node.s), grad_or_null<2>(node.s_bar), grad_or_null<3>(node.v), grad_or_null<3>(node.v_bar)});
  });
  return out;
}

#define REGRAIN_INSTANTIATE(T)                                                                                       \
  template Var<T> edge_filter<T>(Tape<T>&, const FilterGraph<T>&, const GateLayout&, Filter<T>, Var<T>);             \
  template Var<T> scalar_message<T>(Tape<T>&, const FilterGraph<T>&, Filter<T>, Var<T>);                             \
  template ScalarVector<T> equivariant_message<T>(Tape<T>&, const FilterGraph<T>&, Filter<T>, Var<T>, Var<T>);       \
  template ScalarVector<T> gated_update<T>(Tape<T>&, Var<T>, Var<T>, Var<T>);                                        \
  template Var<T> gate_vectors<T>(Tape<T>&, Var<T>, Var<T>);                                                         \
  template Var<T> vector_norm<T>(Tape<T>&, Var<T>);                                                                  \
  template PseudoState<T> pseudo_message<T>(Tape<T>&, const FilterGraph<T>&, Filter<T>, Var<T>, PseudoState<T>, \
                                            PseudoscalarSum, const PseudoGates&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
