// The inner steps of the tensor product: couple a row with the harmonics of an edge, and contract the
// weights with a node's tile. Tiles have one row per hidden activation of the edge network, plus one
// for its bias, and the columns of tensor_product_paths.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "engine/view.hpp"
#include "kernels/graph.hpp"
#include "kernels/tensor_product_paths.hpp"

namespace regrain::kernels::tensor_product {

// Edges are taken in lots of this many; a multiple of the rows of a small_gemm block.
constexpr int kEdgeTile = 20;

template <class T>
struct Harmonics {
  T y1[3];
  T s[3][3];

  explicit Harmonics(const T* y) : y1{y[1], y[2], y[3]} {
    const T a = y[4], b = y[5], c = y[6], d = y[7], f = y[8], third = c * T(0.57735026918962576);
    s[0][0] = -third - f;
    s[1][1] = 2 * third;
    s[2][2] = -third + f;
    s[0][1] = s[1][0] = b;
    s[0][2] = s[2][0] = a;
    s[1][2] = s[2][1] = d;
  }
};

// The coupling that takes a gradient of the result back to the sender.
constexpr Coupling transposed(Coupling c) {
  return c == Coupling::to_vector ? Coupling::dot : c == Coupling::dot ? Coupling::to_vector : c;
}
constexpr bool changes_sign(Coupling c) { return c == Coupling::cross; }

// out[m][c] += sign * (coupling of in[.][c] with the harmonics)[m]
template <int N, class T>
inline void couple_channels(Coupling coupling, const Harmonics<T>& h, const T* __restrict in,
                            T* __restrict out, T sign) {
  const T y[3] = {h.y1[0], h.y1[1], h.y1[2]};
  switch (coupling) {
    case Coupling::scalar:
      for (int c = 0; c < N; ++c) out[c] += in[c];
      return;
    case Coupling::to_vector:
      for (int m = 0; m < 3; ++m)
        for (int c = 0; c < N; ++c) out[m * N + c] += y[m] * in[c];
      return;
    case Coupling::vector:
      for (int c = 0; c < 3 * N; ++c) out[c] += in[c];
      return;
    case Coupling::dot:
      for (int c = 0; c < N; ++c) out[c] += in[c] * y[0] + in[N + c] * y[1] + in[2 * N + c] * y[2];
      return;
    case Coupling::cross:
      for (int c = 0; c < N; ++c) {
        out[c] += sign * (in[N + c] * y[2] - in[2 * N + c] * y[1]);
        out[N + c] += sign * (in[2 * N + c] * y[0] - in[c] * y[2]);
        out[2 * N + c] += sign * (in[c] * y[1] - in[N + c] * y[0]);
      }
      return;
    case Coupling::quadrupole:
      for (int m = 0; m < 3; ++m)
        for (int c = 0; c < N; ++c)
          out[m * N + c] += h.s[m][0] * in[c] + h.s[m][1] * in[N + c] + h.s[m][2] * in[2 * N + c];
      return;
  }
}
template <class T>
inline void couple(Coupling coupling, int channels, const Harmonics<T>& h, const T* in, T* out) {
  if (channels == 4)
    couple_channels<4, T>(coupling, h, in, out, T(1));
  else
    couple_channels<12, T>(coupling, h, in, out, T(1));
}
template <class T>
inline void couple_back(Coupling coupling, int channels, const Harmonics<T>& h, const T* in, T* out) {
  const T sign = changes_sign(coupling) ? T(-1) : T(1);
  if (channels == 4)
    couple_channels<4, T>(transposed(coupling), h, in, out, sign);
  else
    couple_channels<12, T>(transposed(coupling), h, in, out, sign);
}

// Harmonics first: column block of a path is [d_out][n_in].
template <class T>
inline void couple_row(int level, const Harmonics<T>& h, const T* x, T* columns) {
  std::fill_n(columns, coupled_width(level), T(0));
  for (int p = 0; p < n_tensor_paths(level); ++p) {
    const TensorPath& path = kTensorPaths[p];
    couple(path.coupling, path.n_in, h, x + path.in, columns);
    columns += path.d_out * path.n_in;
  }
}
template <class T>
inline void couple_row_back(int level, const Harmonics<T>& h, const T* columns, T* dx) {
  for (int p = 0; p < n_tensor_paths(level); ++p) {
    const TensorPath& path = kTensorPaths[p];
    couple_back(path.coupling, path.n_in, h, columns, dx + path.in);
    columns += path.d_out * path.n_in;
  }
}
// Weights first: column block of a path is [d_in][n_out].
template <class T>
inline void couple_mixed(int level, const Harmonics<T>& h, const T* columns, T* out) {
  for (int p = 0; p < n_tensor_paths(level); ++p) {
    const TensorPath& path = kTensorPaths[p];
    couple(path.coupling, path.n_out, h, columns, out + path.out);
    columns += path.d_in * path.n_out;
  }
}
template <class T>
inline void couple_mixed_back(int level, const Harmonics<T>& h, const T* dout, T* columns) {
  std::fill_n(columns, mixed_width(level), T(0));
  for (int p = 0; p < n_tensor_paths(level); ++p) {
    const TensorPath& path = kTensorPaths[p];
    couple_back(path.coupling, path.n_out, h, dout + path.out, columns);
    columns += path.d_in * path.n_out;
  }
}

// Calls f with the components D and channels W of a block as compile-time constants.
template <class F>
inline void with_block(int d, int w, F f) {
  using std::integral_constant;
  if (d == 1) {
    if (w == 4)
      f(integral_constant<int, 1>{}, integral_constant<int, 4>{});
    else
      f(integral_constant<int, 1>{}, integral_constant<int, 12>{});
  } else {
    if (w == 4)
      f(integral_constant<int, 3>{}, integral_constant<int, 4>{});
    else
      f(integral_constant<int, 3>{}, integral_constant<int, 12>{});
  }
}

// Rows of tiles: a pitch between them, so that one path's columns can be addressed alone.
template <class T>
struct Tile {
  T* data;
  std::ptrdiff_t pitch;  // 0: the same row for every k
};

// y[k][m][w] = sum over u of x[k][m][u] weight[k][u][w]
template <class T>
inline void expand(int d, int n_u, int n_w, int n_k, Tile<const T> x, Tile<const T> weight, Tile<T> y) {
  with_block(d, n_w, [&](auto dims, auto width) {
    constexpr int D = dims, W = width;
    for (int k = 0; k < n_k; ++k) {
      const T *xk = x.data + k * x.pitch, *wk = weight.data + k * weight.pitch;
      T sum[D][W] = {};
      for (int u = 0; u < n_u; ++u)
        for (int m = 0; m < D; ++m)
          for (int w = 0; w < W; ++w) sum[m][w] += xk[m * n_u + u] * wk[u * W + w];
      std::copy_n(&sum[0][0], D * W, y.data + k * y.pitch);
    }
  });
}

// out[m][w] += sum over k and u of a[k][m][u] weight[k][u][w]
template <class T>
inline void contract(int d, int n_u, int n_w, int n_k, Tile<const T> a, Tile<const T> weight, T* out) {
  with_block(d, n_w, [&](auto dims, auto width) {
    constexpr int D = dims, W = width;
    T sum[D][W] = {};
    for (int k = 0; k < n_k; ++k) {
      const T *ak = a.data + k * a.pitch, *wk = weight.data + k * weight.pitch;
      for (int u = 0; u < n_u; ++u)
        for (int m = 0; m < D; ++m)
          for (int w = 0; w < W; ++w) sum[m][w] += ak[m * n_u + u] * wk[u * W + w];
    }
    for (int m = 0; m < D; ++m)
      for (int w = 0; w < W; ++w) out[m * W + w] += sum[m][w];
  });
}

// dweight[k][u][w] += sum over m of a[k][m][u] b[k][m][w]
template <class T>
inline void add_outer(int d, int n_u, int n_w, int n_k, Tile<const T> a, Tile<const T> b, Tile<T> dweight) {
  with_block(d, n_w, [&](auto dims, auto width) {
    constexpr int D = dims, W = width;
    for (int k = 0; k < n_k; ++k) {
      const T *ak = a.data + k * a.pitch, *bk = b.data + k * b.pitch;
      T* dw = dweight.data + k * dweight.pitch;
      for (int u = 0; u < n_u; ++u)
        for (int m = 0; m < D; ++m)
          for (int w = 0; w < W; ++w) dw[u * W + w] += ak[m * n_u + u] * bk[m * W + w];
    }
  });
}

}  // namespace regrain::kernels::tensor_product
