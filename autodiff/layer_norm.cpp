#include "autodiff/layer_norm.hpp"

namespace regrain {

template <class T>
Var<T> layer_norm(Tape<T>& tape, Var<T> x_NF, Var<T> scale_F, Var<T> shift_F) {
  Var<T> y_NF = tape.result(x_NF.shape(), {x_NF, scale_F, shift_F});
  tape.forward([&](auto be) { kernels::layer_norm<T>(be, x_NF.value(), scale_F.value(), shift_F.value(), y_NF.mutable_value()); });
  // dx = (g - mean(g) - xhat mean(g xhat)) / sigma with g = scale dy; dscale = sum dy xhat, dshift = sum dy
  tape.on_backward({y_NF}, [=](auto be) {
    REGRAIN_CHECK(scale_F.requires_grad() && shift_F.requires_grad(), "layer_norm: scale and shift are variables");
    kernels::layer_norm_backward<T>(be, x_NF.value(), scale_F.value(), y_NF.grad(), grad_or_null<2>(x_NF), scale_F.grad(),
                                    shift_F.grad());
  });
  return y_NF;
}

template Var<float> layer_norm<float>(Tape<float>&, Var<float>, Var<float>, Var<float>);
template Var<double> layer_norm<double>(Tape<double>&, Var<double>, Var<double>, Var<double>);

}  // namespace regrain
