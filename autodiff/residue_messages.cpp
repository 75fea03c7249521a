#include "autodiff/residue_messages.hpp"

namespace regrain {

template <class T>
Var<T> residue_messages(Tape<T>& tape, Var<T> a_NH, Var<T> b_NH, Var<T> weight_HE, const Graph& graph,
                        const ResidueGeometry<T>& geometry) {
  const kernels::GraphView g(graph);
  const ResidueGeometry<T> where = geometry;
  const auto in = [=] { return kernels::ResidueMessages<T>{a_NH.value(), b_NH.value(), weight_HE.value()}; };
  Var<T> y_NH = tape.result(a_NH.shape(), {a_NH, b_NH, weight_HE});
  // the sums of slopes are kept for the way back, as a value without a gradient
  Var<T> slope_NH;
  if (y_NH.requires_grad()) slope_NH = tape.result(a_NH.shape(), {});
  const bool wanted = y_NH.requires_grad();
  tape.forward([&](auto be) {
    kernels::residue_messages<T>(be, g, where, in(), y_NH.mutable_value(),
                                 wanted ? slope_NH.mutable_value().template view<2>() : View<T, 2>());
  });
  // da_i = dy_i q_i; db_j and dW from dy_i silu'(a_i + b_j + W e_ij), made anew along the senders
  tape.on_backward({y_NH}, [=](auto be) {
    REGRAIN_CHECK(a_NH.requires_grad() && b_NH.requires_grad() && weight_HE.requires_grad(),
                  "residue_messages: all three inputs are variables or none is");
    kernels::residue_messages_backward<T>(be, g, where, in(), slope_NH.value(), y_NH.grad(),
                                          {a_NH.grad(), b_NH.grad(), weight_HE.grad()});
  });
  return y_NH;
}

template Var<float> residue_messages<float>(Tape<float>&, Var<float>, Var<float>, Var<float>, const Graph&,
                                            const ResidueGeometry<float>&);
template Var<double> residue_messages<double>(Tape<double>&, Var<double>, Var<double>, Var<double>, const Graph&,
                                              const ResidueGeometry<double>&);

}  // namespace regrain
