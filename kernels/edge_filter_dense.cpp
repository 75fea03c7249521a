// Filtered sum as matrix products. With A = [G_0 | G_1 | ... | G_K] of a frame, (n, (K+1) n), and
// B(k j, f) = W_k(f) x_j(f):   y = A B,   and on the way back   U = A^T dy,
// dx_j = sum_k W_k U(k j),   dW_k = sum_j x_j U(k j).
//
// Channels are taken in strips of one sliver of the product's inner loops: B is made in the layout these read, and
// U used up where it was made, so that neither is ever stored whole.
#include "kernels/edge_filter_forms.hpp"
#include "kernels/gemm_micro.hpp"
#include "kernels/parallel.hpp"

#include <omp.h>

namespace regrain::kernels {

namespace {

using gemm_detail::kKc, gemm_detail::kNr, gemm_detail::multiply_block, gemm_detail::Rows;

// One frame's part of a problem: its nodes and its matrices.
template <class T>
struct Frame {
  int begin, n, terms;
  const T* matrix;  // [kind][n][terms][n]

  int depth() const { return terms * n; }
  const T* a(int kind) const { return matrix + static_cast<std::ptrdiff_t>(kind) * n * depth(); }
};

// f(frame) for the frames that have matrices
template <class T, class F>
void for_dense_frames(const FilterGraph<T>& g, F body) {
  for (std::size_t f = 0; f < g.matrices.size(); ++f) {
    if (g.matrices[f]) body(Frame<T>{g.node_offset[f], g.node_offset[f + 1] - g.node_offset[f], g.n_rbf + 1, g.matrices[f]->data()});
  }
}

// Channels [first, first + width) of a gate.
struct Strip {
  int gate, first, width;
};

// f(strip, scratch) for every gate and strip, `per_depth` rows of a sliver a row of the deepest frame
template <class T, class F>
void for_each_strip(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, int f, F body) {
  const Arena::Scope scope(*be.scratch);
  int depth = 0, nodes = 0;
  double work = 0;
  for_dense_frames(g, [&](const Frame<T>& frame) {
    depth = std::max(depth, frame.depth());
    nodes = std::max(nodes, frame.n);
    work += 2. * frame.n * frame.depth() * layout.n_out() * f;
  });
  const std::size_t size = static_cast<std::size_t>(depth + nodes) * kNr<T>;
  T* scratch = be.scratch->allocate_array<T>(size * static_cast<std::size_t>(be.n_threads));
  const int per_gate = (f + kNr<T> - 1) / kNr<T>;
  parallel_for(be, layout.n_gates * per_gate, work, [&](int s) {
    const int first = s % per_gate * kNr<T>;
    body(Strip{s / per_gate, first, std::min(kNr<T>, f - first)}, scratch + size * static_cast<std::size_t>(omp_get_thread_num()));
  });
}

// columns of a strip with the padding of its last vector
template <class T>
int padded(int width) {
  return (width + kLanes<T> - 1) / kLanes<T> * kLanes<T>;
}

// c (+)= a b for a b laid out in one sliver, in blocks of depth that fit the first cache
template <class T>
void multiply_sliver(int rows, int width, int depth, Rows<T> a, const T* sliver, bool add, T* c, std::ptrdiff_t stride) {
  for (int k0 = 0; k0 < depth; k0 += kKc)
    multiply_block<T>(rows, width, std::min(kKc, depth - k0), {a.data + k0 * a.col, a.row, a.col},
                      sliver + static_cast<std::ptrdiff_t>(k0) * padded<T>(width), add || k0 > 0, c, stride);
}

// out[l] = x[l] y[l], then zeros up to the padding
template <class T>
void product_row(const T* x, const T* y, int width, T* out) {
  for (int l = 0; l < width; ++l) out[l] = x[l] * y[l];
  for (int l = width; l < padded<T>(width); ++l) out[l] = T(0);
}

}  // namespace

template <class T>
void edge_filter_dense(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                       View<const T, 3> x, View<T, 3> y) {
  const int f = x.dim(2);
  for_each_strip(be, g, layout, f, [&](const Strip& strip, T* sliver) {
    const Gate kind = layout.kind[static_cast<std::size_t>(strip.gate)];
    const int width = padded<T>(strip.width), in = layout.first_in(strip.gate), out = layout.first_out(strip.gate);
    const std::ptrdiff_t stride = std::ptrdiff_t{y.dim(1)} * f;
    for_dense_frames(g, [&](const Frame<T>& frame) {
      for (int r = 0; r < GateLayout::rows_in(kind); ++r) {
        for (int k = 0; k < frame.terms; ++k)
          for (int j = 0; j < frame.n; ++j)
            product_row(table.row(k, strip.gate, strip.first), x.row(frame.begin + j) + (in + r) * f + strip.first,
                        strip.width, sliver + static_cast<std::ptrdiff_t>(k * frame.n + j) * width);
        // a direction's three sums share what they sum over
        const int axes = kind == Gate::direction ? 3 : 1;
        for (int axis = 0; axis < axes; ++axis)
          multiply_sliver<T>(frame.n, strip.width, frame.depth(),
                             {frame.a(kind == Gate::direction ? 1 + axis : 0), frame.depth(), 1}, sliver, false,
                             y.row(frame.begin) + (out + r + axis) * f + strip.first, stride);
      }
    });
  });
}

template <class T>
void edge_filter_dense_backward(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                                View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* dtable) {
  const int f = x.dim(2);
  for_each_strip(be, g, layout, f, [&](const Strip& strip, T* u) {
    const Gate kind = layout.kind[static_cast<std::size_t>(strip.gate)];
    const int width = padded<T>(strip.width), in = layout.first_in(strip.gate), out = layout.first_out(strip.gate);
    for_dense_frames(g, [&](const Frame<T>& frame) {
      T* packed = u + static_cast<std::ptrdiff_t>(frame.depth()) * width;
      for (int r = 0; r < GateLayout::rows_in(kind); ++r) {
        const int axes = kind == Gate::direction ? 3 : 1;
        for (int axis = 0; axis < axes; ++axis) {
          const T* grad = dy.row(frame.begin) + (out + r + axis) * f + strip.first;
          gemm_detail::pack_b<T>(false, grad, std::ptrdiff_t{dy.dim(1)} * f, frame.n, strip.width, packed);
          // u has room for the padding, which stays zero
          multiply_sliver<T>(frame.depth(), width, frame.n, {frame.a(kind == Gate::direction ? 1 + axis : 0), 1, frame.depth()},
                             packed, axis > 0, u, width);
        }
        for (int k = 0; k < frame.terms; ++k) {
          const T* w = table.row(k, strip.gate, strip.first);
          T* dw = dtable ? dtable + table.offset(k, strip.gate, strip.first) : nullptr;
          for (int j = 0; j < frame.n; ++j) {
            const T* from = u + static_cast<std::ptrdiff_t>(k * frame.n + j) * width;
            const std::ptrdiff_t at = (in + r) * f + strip.first;
            if (dx.data()) {
              T* to = dx.row(frame.begin + j) + at;
#pragma omp simd
              for (int l = 0; l < strip.width; ++l) to[l] += w[l] * from[l];
            }
            if (dw) {
              const T* xj = x.row(frame.begin + j) + at;
#pragma omp simd
              for (int l = 0; l < strip.width; ++l) dw[l] += xj[l] * from[l];
            }
          }
        }
      }
    });
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                       \
  template void edge_filter_dense<T>(Cpu, const FilterGraph<T>&, const GateLayout&, FilterTable<T>, View<const T, 3>, \
                                     View<T, 3>);                                                                    \
  template void edge_filter_dense_backward<T>(Cpu, const FilterGraph<T>&, const GateLayout&, FilterTable<T>,         \
                                              View<const T, 3>, View<const T, 3>, View<T, 3>, T*);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
