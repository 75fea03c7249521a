#include "kernels/vector_update.hpp"

#include <cmath>

#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void vector_norm(Cpu be, View<const T, 3> v, View<T, 2> norm_NF) {
  const int n = v.dim(0), f = v.dim(2);
  parallel_for(be, n, 10.0 * n * f, [&](int i) {
    const T* x = v.row(i);
    T* y = norm_NF.row(i);
    for (int c = 0; c < f; ++c) {
      T square = T(0);
      for (int axis = 0; axis < 3; ++axis) square += x[axis * f + c] * x[axis * f + c] + T(1e-10);
      y[c] = std::sqrt(square);
    }
  });
}

template <class T>
void vector_norm_backward(Cpu be, View<const T, 3> v, View<const T, 2> norm_NF, View<const T, 2> dnorm_NF,
                          View<T, 3> dv) {
  const int n = v.dim(0), f = v.dim(2);
  parallel_for(be, n, 10.0 * n * f, [&](int i) {
    const T *x = v.row(i), *norm = norm_NF.row(i), *dnorm = dnorm_NF.row(i);
    T* dx = dv.row(i);
    for (int axis = 0; axis < 3; ++axis)
      for (int c = 0; c < f; ++c) dx[axis * f + c] += dnorm[c] * x[axis * f + c] / norm[c];
  });
}

template <class T>
void gated_update(Cpu be, View<const T, 2> q, View<const T, 3> a, View<const T, 3> b, View<T, 2> ds, View<T, 3> dv) {
  const int n = a.dim(0), f = a.dim(2);
  parallel_for(be, n, 12.0 * n * f, [&](int i) {
    const T *qi = q.row(i), *ai = a.row(i), *bi = b.row(i);
    T *dsi = ds.row(i), *dvi = dv.row(i);
    for (int c = 0; c < f; ++c) {
      const T inner = ai[c] * bi[c] + ai[f + c] * bi[f + c] + ai[2 * f + c] * bi[2 * f + c];
      dsi[c] = qi[f + c] * inner + qi[2 * f + c];
      for (int axis = 0; axis < 3; ++axis) dvi[axis * f + c] = qi[c] * ai[axis * f + c];
    }
  });
}

template <class T>
void gated_update_backward(Cpu be, View<const T, 2> q, View<const T, 3> a, View<const T, 3> b, View<const T, 2> grad_ds,
                           View<const T, 3> grad_dv, View<T, 2> dq, View<T, 3> da, View<T, 3> db) {
  const int n = a.dim(0), f = a.dim(2);
  parallel_for(be, n, 30.0 * n * f, [&](int i) {
    const T *qi = q.row(i), *ai = a.row(i), *bi = b.row(i), *gs = grad_ds.row(i), *gv = grad_dv.row(i);
    T *dqi = dq.row(i), *dai = da.row(i), *dbi = db.row(i);
    for (int c = 0; c < f; ++c) {
      T inner = T(0), along = T(0);
      for (int axis = 0; axis < 3; ++axis) {
        const int k = axis * f + c;
        inner += ai[k] * bi[k];
        along += gv[k] * ai[k];
        dai[k] += gv[k] * qi[c] + gs[c] * qi[f + c] * bi[k];
        dbi[k] += gs[c] * qi[f + c] * ai[k];
      }
      dqi[c] += along;
      dqi[f + c] += gs[c] * inner;
      dqi[2 * f + c] += gs[c];
    }
  });
}

template <class T>
void gate_vectors(Cpu be, View<const T, 2> q, View<const T, 3> a, View<T, 3> v) {
  const int n = a.dim(0), f = a.dim(2);
  parallel_for(be, n, 4.0 * n * f, [&](int i) {
    const T *qi = q.row(i), *ai = a.row(i);
    T* vi = v.row(i);
    for (int axis = 0; axis < 3; ++axis)
      for (int c = 0; c < f; ++c) vi[axis * f + c] = qi[c] * ai[axis * f + c];
  });
}

template <class T>
void gate_vectors_backward(Cpu be, View<const T, 2> q, View<const T, 3> a, View<const T, 3> dv, View<T, 2> dq,
                           View<T, 3> da) {
  const int n = a.dim(0), f = a.dim(2);
  parallel_for(be, n, 8.0 * n * f, [&](int i) {
    const T *qi = q.row(i), *ai = a.row(i), *g = dv.row(i);
    T *dqi = dq.row(i), *dai = da.row(i);
    for (int axis = 0; axis < 3; ++axis)
      for (int c = 0; c < f; ++c) {
        dqi[c] += g[axis * f + c] * ai[axis * f + c];
        dai[axis * f + c] += g[axis * f + c] * qi[c];
      }
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                      \
  template void vector_norm<T>(Cpu, View<const T, 3>, View<T, 2>);                                                  \
  template void gate_vectors<T>(Cpu, View<const T, 2>, View<const T, 3>, View<T, 3>);                               \
  template void gate_vectors_backward<T>(Cpu, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<T, 2>,     \
                                         View<T, 3>);                                                               \
  template void vector_norm_backward<T>(Cpu, View<const T, 3>, View<const T, 2>, View<const T, 2>, View<T, 3>);     \
  template void gated_update<T>(Cpu, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<T, 2>, View<T, 3>); \
  template void gated_update_backward<T>(Cpu, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<const T, 2>, \
                                         View<const T, 3>, View<T, 2>, View<T, 3>, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
