// The pointwise part of the update block on the device: thread (n, c) does all of feature c of node n, the
// three components of its vectors one after another.
//
// Neighbouring threads have neighbouring features, so every access of a warp is one stretch of memory. A few
// operations an element: memory limits all of these kernels.
#include "kernels/vector_update.hpp"

#include <cmath>

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

// Node and feature of a thread, and whether there are such; features (N,3,F) of one node lie F apart by
// component.
struct Element {
  bool exists;
  std::size_t scalar;  // of an array (N,F)
  std::size_t vector;  // x component of an array (N,3,F)
  std::size_t stride;  // from one component to the next

  __device__ Element(int n, int f) : stride(static_cast<std::size_t>(f)) {
    scalar = thread_of_grid();
    exists = scalar < static_cast<std::size_t>(n) * stride;
    vector = exists ? scalar / stride * 3 * stride + scalar % stride : 0;
  }
};

// norm = sqrt(sum over xyz of (v^2 + 1e-10)); 4 values an element
template <class T>
__global__ void __launch_bounds__(kBlock)
    vector_norm_kernel(int n, int f, const T* __restrict__ v, T* __restrict__ norm) {
  const Element at(n, f);
  if (!at.exists) return;
  T square = T(0);
  for (int axis = 0; axis < 3; ++axis) {
    const T x = v[at.vector + axis * at.stride];
    square += x * x + T(1e-10);
  }
  norm[at.scalar] = std::sqrt(square);
}

// dv += dnorm v / norm; 11 values an element
template <class T>
__global__ void __launch_bounds__(kBlock)
    vector_norm_backward_kernel(int n, int f, const T* __restrict__ v, const T* __restrict__ norm,
                                const T* __restrict__ dnorm, T* __restrict__ dv) {
  const Element at(n, f);
  if (!at.exists) return;
  const T length = norm[at.scalar], g = dnorm[at.scalar];
  for (int axis = 0; axis < 3; ++axis) {
    const std::size_t i = at.vector + axis * at.stride;
    dv[i] += g * v[i] / length;
  }
}

// dv = q0 a, ds = q1 (a . b) + q2; q has the gates of a node one after another, (N,3F) like a vector; 13
// values an element
template <class T>
__global__ void __launch_bounds__(kBlock)
    gated_update_kernel(int n, int f, const T* __restrict__ q, const T* __restrict__ a,
                        const T* __restrict__ b, T* __restrict__ ds, T* __restrict__ dv) {
  const Element at(n, f);
  if (!at.exists) return;
  const T q0 = q[at.vector], q1 = q[at.vector + at.stride], q2 = q[at.vector + 2 * at.stride];
  T inner = T(0);
  for (int axis = 0; axis < 3; ++axis) {
    const std::size_t i = at.vector + axis * at.stride;
    const T ai = a[i];
    inner += ai * b[i];
    dv[i] = q0 * ai;
  }
  ds[at.scalar] = q1 * inner + q2;
}

// da += q0 gv + gs q1 b, db += gs q1 a, dq += [gv . a, gs (a . b), gs]; 30 values an element
template <class T>
__global__ void __launch_bounds__(kBlock)
    gated_update_backward_kernel(int n, int f, const T* __restrict__ q, const T* __restrict__ a,
                                 const T* __restrict__ b, const T* __restrict__ grad_ds,
                                 const T* __restrict__ grad_dv, T* __restrict__ dq, T* __restrict__ da,
                                 T* __restrict__ db) {
  const Element at(n, f);
  if (!at.exists) return;
  const T q0 = q[at.vector], q1 = q[at.vector + at.stride], gs = grad_ds[at.scalar];
  T inner = T(0), along = T(0);
  for (int axis = 0; axis < 3; ++axis) {
    const std::size_t i = at.vector + axis * at.stride;
    const T ai = a[i], bi = b[i], gv = grad_dv[i];
    inner += ai * bi;
    along += gv * ai;
    da[i] += gv * q0 + gs * q1 * bi;
    db[i] += gs * q1 * ai;
  }
  dq[at.vector] += along;
  dq[at.vector + at.stride] += gs * inner;
  dq[at.vector + 2 * at.stride] += gs;
}

// v = q a; 7 values an element
template <class T>
__global__ void __launch_bounds__(kBlock)
    gate_vectors_kernel(int n, int f, const T* __restrict__ q, const T* __restrict__ a, T* __restrict__ v) {
  const Element at(n, f);
  if (!at.exists) return;
  const T gate = q[at.scalar];
  for (int axis = 0; axis < 3; ++axis)
    v[at.vector + axis * at.stride] = gate * a[at.vector + axis * at.stride];
}

// dq += dv . a, da += q dv; 15 values an element
template <class T>
__global__ void __launch_bounds__(kBlock)
    gate_vectors_backward_kernel(int n, int f, const T* __restrict__ q, const T* __restrict__ a,
                                 const T* __restrict__ dv, T* __restrict__ dq, T* __restrict__ da) {
  const Element at(n, f);
  if (!at.exists) return;
  const T gate = q[at.scalar];
  T along = dq[at.scalar];
  for (int axis = 0; axis < 3; ++axis) {
    const std::size_t i = at.vector + axis * at.stride;
    along += dv[i] * a[i];
    da[i] += dv[i] * gate;
  }
  dq[at.scalar] = along;
}

// blocks for a thread an element of (N,F)
template <class T>
dim3 blocks_of(View<const T, 3> v) {
  return blocks_for(static_cast<std::size_t>(v.dim(0)) * static_cast<std::size_t>(v.dim(2)));
}

}  // namespace

template <class T>
void vector_norm(Cuda be, View<const T, 3> v, View<T, 2> norm_NF) {
  launch<vector_norm_kernel<T>>(be, blocks_of(v), kBlock, 0, v.dim(0), v.dim(2), v.data(), norm_NF.data());
}

template <class T>
void vector_norm_backward(Cuda be, View<const T, 3> v, View<const T, 2> norm_NF, View<const T, 2> dnorm_NF,
                          View<T, 3> dv) {
  launch<vector_norm_backward_kernel<T>>(be, blocks_of(v), kBlock, 0, v.dim(0), v.dim(2), v.data(),
                                         norm_NF.data(), dnorm_NF.data(), dv.data());
}

template <class T>
void gated_update(Cuda be, View<const T, 2> q, View<const T, 3> a, View<const T, 3> b, View<T, 2> ds,
                  View<T, 3> dv) {
  launch<gated_update_kernel<T>>(be, blocks_of(a), kBlock, 0, a.dim(0), a.dim(2), q.data(), a.data(),
                                 b.data(), ds.data(), dv.data());
}

template <class T>
void gated_update_backward(Cuda be, View<const T, 2> q, View<const T, 3> a, View<const T, 3> b,
                           View<const T, 2> grad_ds, View<const T, 3> grad_dv, View<T, 2> dq, View<T, 3> da,
                           View<T, 3> db) {
  launch<gated_update_backward_kernel<T>>(be, blocks_of(a), kBlock, 0, a.dim(0), a.dim(2), q.data(), a.data(),
                                          b.data(), grad_ds.data(), grad_dv.data(), dq.data(), da.data(),
                                          db.data());
}

template <class T>
void gate_vectors(Cuda be, View<const T, 2> q, View<const T, 3> a, View<T, 3> v) {
  launch<gate_vectors_kernel<T>>(be, blocks_of(a), kBlock, 0, a.dim(0), a.dim(2), q.data(), a.data(),
                                 v.data());
}

template <class T>
void gate_vectors_backward(Cuda be, View<const T, 2> q, View<const T, 3> a, View<const T, 3> dv,
                           View<T, 2> dq, View<T, 3> da) {
  launch<gate_vectors_backward_kernel<T>>(be, blocks_of(a), kBlock, 0, a.dim(0), a.dim(2), q.data(), a.data(),
                                          dv.data(), dq.data(), da.data());
}

#define REGRAIN_INSTANTIATE(T)                                                                          \
  template void vector_norm<T>(Cuda, View<const T, 3>, View<T, 2>);                                     \
  template void gate_vectors<T>(Cuda, View<const T, 2>, View<const T, 3>, View<T, 3>);                  \
  template void gate_vectors_backward<T>(Cuda, View<const T, 2>, View<const T, 3>, View<const T, 3>,    \
                                         View<T, 2>, View<T, 3>);                                       \
  template void vector_norm_backward<T>(Cuda, View<const T, 3>, View<const T, 2>, View<const T, 2>,     \
                                        View<T, 3>);                                                    \
  template void gated_update<T>(Cuda, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<T, 2>, \
                                View<T, 3>);                                                            \
  template void gated_update_backward<T>(Cuda, View<const T, 2>, View<const T, 3>, View<const T, 3>,    \
                                         View<const T, 2>, View<const T, 3>, View<T, 2>, View<T, 3>,    \
                                         View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
