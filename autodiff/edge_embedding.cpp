#include "autodiff/edge_embedding.hpp"

namespace regrain {

template <class T>
Var<T> edge_embedding(Tape<T>& tape, ArrayRef<const T> x_EI, Var<T> first_HI, Var<T> first_bias_H, Var<T> last_OH,
                      Var<T> last_bias_O) {
  const auto network = [=] {
    return kernels::EmbeddingNetwork<T>{first_HI.value(), first_bias_H.value(), last_OH.value(), last_bias_O.value()};
  };
  Var<T> y_EO = tape.result({x_EI.dim(0), last_OH.dim(0)}, {first_HI, first_bias_H, last_OH, last_bias_O});
  tape.forward([&](auto be) { kernels::edge_embedding<T>(be, x_EI, network(), y_EO.mutable_value()); });
  // dlast = dy^T h; with da = dy last where h > 0: dfirst = da^T x
  tape.on_backward({y_EO}, [=](auto be) {
    kernels::edge_embedding_backward<T>(be, x_EI, network(), y_EO.grad(),
                                        {first_HI.grad(), first_bias_H.grad(), last_OH.grad(), last_bias_O.grad()});
  });
  return y_EO;
}

template <class T>
Var<T> edge_embedding(Tape<T>& tape, const kernels::Graph& graph, const kernels::LabelledPoints<T>& nodes,
                      Var<T> first_HI, Var<T> first_bias_H, Var<T> last_OH, Var<T> last_bias_O) {
  REGRAIN_CHECK(!tape.recording(), "edge_embedding: a tape that records needs the inputs of all edges");
  Var<T> y_EO = tape.result({graph.n_edges(), last_OH.dim(0)}, {});
  tape.forward([&](auto be) {
    kernels::embed_labelled_edges<T>(be, graph, nodes,
                                     {first_HI.value(), first_bias_H.value(), last_OH.value(), last_bias_O.value()},
                                     y_EO.mutable_value());
  });
  return y_EO;
}

#define REGRAIN_INSTANTIATE(T)                                                                                  \
  template Var<T> edge_embedding<T>(Tape<T>&, ArrayRef<const T>, Var<T>, Var<T>, Var<T>, Var<T>);               \
  template Var<T> edge_embedding<T>(Tape<T>&, const kernels::Graph&, const kernels::LabelledPoints<T>&, Var<T>, \
                                    Var<T>, Var<T>, Var<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain
