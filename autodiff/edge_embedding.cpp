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

template Var<float> edge_embedding<float>(Tape<float>&, ArrayRef<const float>, Var<float>, Var<float>, Var<float>, Var<float>);
template Var<double> edge_embedding<double>(Tape<double>&, ArrayRef<const double>, Var<double>, Var<double>, Var<double>,
                                            Var<double>);

}  // namespace regrain
