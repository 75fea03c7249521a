// The inner steps of the tensor product: couple a row with the harmonics of an edge, and contract the
// weights with a node's tile. Tiles have one row per hidden activation of the edge network, plus one
// for its bias, and the columns of tensor_product_paths.hpp. Blocks have 4 or 12 channels, so all is done in
// vectors of four, with the sizes of every path known to the compiler.
#pragma once

#include <cstddef>

#include "kernels/simd.hpp"
#include "kernels/tensor_product_coupling.hpp"

namespace regrain::kernels::tensor_product {

enum class Put { set, add };

template <Put kPut, class T>
inline void put(T* p, Vec4<T> v) {
  store_vec4(p, kPut == Put::add ? load_vec4(p) + v : v);
}

// out[m][c] (+)= (coupling of in[.][c] with the harmonics)[m], N channels; Back: of the transposed map
template <Coupling kCoupling, int N, Put kPut, bool kBack, class T>
inline void couple(const Harmonics<T>& h, const T* in, T* out) {
  for (int c = 0; c < N; c += 4)
    couple_channel<kCoupling, kBack>(
        h, [&](int m) { return load_vec4(in + m * N + c); },
        [&](int m, Vec4<T> v) { put<kPut, T>(out + m * N + c, v); });
}

// Harmonics first: column block of a path is [d_out][n_in].
template <int Level, class T>
inline void couple_row(const Harmonics<T>& h, const T* x, T* columns) {
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    couple<path.coupling, path.n_in, Put::set, false>(h, x + path.in, columns + coupled_column(p));
  });
}
// dx += what comes back
template <int Level, class T>
inline void couple_row_back(const Harmonics<T>& h, const T* columns, T* dx) {
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    couple<path.coupling, path.n_in, Put::add, true>(h, columns + coupled_column(p), dx + path.in);
  });
}
// Weights first: column block of a path is [d_in][n_out]. out += the coupled columns.
template <int Level, class T>
inline void couple_mixed(const Harmonics<T>& h, const T* columns, T* out) {
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    couple<path.coupling, path.n_out, Put::add, false>(h, columns + mixed_column(p), out + path.out);
  });
}
template <int Level, class T>
inline void couple_mixed_back(const Harmonics<T>& h, const T* dout, T* columns) {
  for_each_path<Level>([&](auto p) {
    constexpr TensorPath path = kTensorPaths[p];
    couple<path.coupling, path.n_out, Put::set, true>(h, dout + path.out, columns + mixed_column(p));
  });
}

// Rows of tiles: a pitch between them, so that one path's columns can be addressed alone.
template <class T>
struct Tile {
  T* data;
  std::ptrdiff_t pitch;  // 0: the same row for every k
};

// y[k][m][w] = sum over u of x[k][m][u] weight[k][u][w];  m < D, u < U, w < W
template <int D, int U, int W, class T>
inline void expand(int n_k, Tile<const T> x, Tile<const T> weight, Tile<T> y) {
  for (int k = 0; k < n_k; ++k) {
    const T *xk = x.data + k * x.pitch, *wk = weight.data + k * weight.pitch;
    T* yk = y.data + k * y.pitch;
    Vec4<T> sum[D][W / 4] = {};
    for (int u = 0; u < U; ++u)
      for (int m = 0; m < D; ++m)
        for (int w = 0; w < W / 4; ++w) sum[m][w] += xk[m * U + u] * load_vec4(wk + u * W + 4 * w);
    for (int m = 0; m < D; ++m)
      for (int w = 0; w < W / 4; ++w) store_vec4(yk + m * W + 4 * w, sum[m][w]);
  }
}

// out[m][w] += sum over k and u of a[k][m][u] weight[k][u][w]
template <int D, int U, int W, class T>
inline void contract(int n_k, Tile<const T> a, Tile<const T> weight, T* out) {
  Vec4<T> sum[D][W / 4] = {};
  for (int k = 0; k < n_k; ++k) {
    const T *ak = a.data + k * a.pitch, *wk = weight.data + k * weight.pitch;
    for (int u = 0; u < U; ++u)
      for (int m = 0; m < D; ++m)
        for (int w = 0; w < W / 4; ++w) sum[m][w] += ak[m * U + u] * load_vec4(wk + u * W + 4 * w);
  }
  for (int m = 0; m < D; ++m)
    for (int w = 0; w < W / 4; ++w) put<Put::add, T>(out + m * W + 4 * w, sum[m][w]);
}

// dweight[k][u][w] += sum over m of a[k][m][u] b[k][m][w]
template <int D, int U, int W, class T>
inline void add_outer(int n_k, Tile<const T> a, Tile<const T> b, Tile<T> dweight) {
  for (int k = 0; k < n_k; ++k) {
    const T *ak = a.data + k * a.pitch, *bk = b.data + k * b.pitch;
    T* dw = dweight.data + k * dweight.pitch;
    for (int u = 0; u < U; ++u)
      for (int w = 0; w < W / 4; ++w) {
        Vec4<T> sum = load_vec4(dw + u * W + 4 * w);
        for (int m = 0; m < D; ++m) sum += ak[m * U + u] * load_vec4(bk + m * W + 4 * w);
        store_vec4(dw + u * W + 4 * w, sum);
      }
  }
}

}  // namespace regrain::kernels::tensor_product
