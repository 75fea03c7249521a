// Filtered sum as matrix products. With A = [G_0 | G_1 | ... | G_K] of a frame, (n, (K+1) n), and
// B(k j, f) = W_k(f) x_j(f):   y = A B,   and on the way back   U = A^T dy,
// dx_j = sum_k W_k U(k j),   dW_k = sum_j x_j U(k j).   Nothing is kept between the two.
#include "kernels/edge_filter_forms.hpp"
#include "kernels/gemm.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

// Consecutive gates that go through the same matrices: one product for all their channels.
struct Run {
  int gate_begin, gate_end;
  bool direction;
  int first_in, rows_in, first_out;
};

template <class F>
void for_runs(const GateLayout& layout, F f) {
  for (int g = 0; g < layout.n_gates;) {
    const bool direction = layout.kind[static_cast<std::size_t>(g)] == Gate::direction;
    int end = g + 1;
    while (!direction && end < layout.n_gates && layout.kind[static_cast<std::size_t>(end)] != Gate::direction) ++end;
    f(Run{g, end, direction, layout.first_in(g), layout.first_in(end) - layout.first_in(g), layout.first_out(g)});
    g = end;
  }
}

// gate of a row of x
int gate_of_row(const GateLayout& layout, int row_in) {
  int g = 0;
  while (layout.first_in(g + 1) <= row_in) ++g;
  return g;
}

// One frame's part of a problem: its nodes and its matrices.
template <class T>
struct Frame {
  int begin, n, terms;
  const T* matrix;  // [kind][n][terms][n]

  MatrixRef<const T> a(int kind) const {
    const std::ptrdiff_t size = std::ptrdiff_t{n} * terms * n;
    return {matrix + kind * size, n, terms * n, std::ptrdiff_t{terms} * n};
  }
};

template <class T>
Frame<T> frame_of(const FilterGraph<T>& g, std::size_t f) {
  return {g.node_offset[f], g.node_offset[f + 1] - g.node_offset[f], g.n_rbf + 1, g.matrices[f].data()};
}

// columns of rows [first, first + rows) of a (n, rows, F) array, for the nodes of a frame
template <class T, class U>
MatrixRef<U> columns(const Frame<T>& frame, View<U, 3> array, int first, int rows) {
  return {array.row(frame.begin) + first * array.dim(2), frame.n, rows * array.dim(2),
          std::ptrdiff_t{array.dim(1)} * array.dim(2)};
}

}  // namespace

template <class T>
void edge_filter_dense(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                       View<const T, 3> x, View<T, 3> y) {
  const int f = x.dim(2);
  for (std::size_t number = 0; number < g.matrices.size(); ++number) {
    const Frame<T> frame = frame_of(g, number);
    if (frame.n == 0 || !frame.matrix) continue;
    for_runs(layout, [&](const Run& run) {
      const Arena::Scope scope(*be.scratch);
      const int width = run.rows_in * f, depth = frame.terms * frame.n;
      T* b = be.scratch->allocate_array<T>(static_cast<std::size_t>(depth) * static_cast<std::size_t>(width));
      parallel_for(be, depth, double(depth) * width, [&](int kj) {
        const int k = kj / frame.n, j = kj % frame.n;
        for (int r = 0; r < run.rows_in; ++r) {
          const T* w = table.row(k, gate_of_row(layout, run.first_in + r) * f);
          const T* from = x.row(frame.begin + j) + (run.first_in + r) * f;
          T* to = b + static_cast<std::size_t>(kj) * static_cast<std::size_t>(width) + r * f;
          for (int c = 0; c < f; ++c) to[c] = w[c] * from[c];
        }
      });
      const MatrixRef<const T> b_matrix(b, depth, width, width);
      if (run.direction) {
        for (int axis = 0; axis < 3; ++axis)
          gemm<T>(be, Trans::no, Trans::no, frame.a(1 + axis), b_matrix, columns(frame, y, run.first_out + axis, 1),
                  Write::overwrite);
      } else {
        gemm<T>(be, Trans::no, Trans::no, frame.a(0), b_matrix, columns(frame, y, run.first_out, run.rows_in),
                Write::overwrite);
      }
    });
  }
}

template <class T>
void edge_filter_dense_backward(Cpu be, const FilterGraph<T>& g, const GateLayout& layout, FilterTable<T> table,
                                View<const T, 3> x, View<const T, 3> dy, View<T, 3> dx, T* dtable) {
  const int f = x.dim(2);
  for (std::size_t number = 0; number < g.matrices.size(); ++number) {
    const Frame<T> frame = frame_of(g, number);
    if (frame.n == 0 || !frame.matrix) continue;
    for_runs(layout, [&](const Run& run) {
      const Arena::Scope scope(*be.scratch);
      const int width = run.rows_in * f, depth = frame.terms * frame.n;
      T* u = be.scratch->allocate_array<T>(static_cast<std::size_t>(depth) * static_cast<std::size_t>(width));
      const MatrixRef<T> u_matrix(u, depth, width, width);
      if (run.direction) {
        for (int axis = 0; axis < 3; ++axis)
          gemm<T>(be, Trans::yes, Trans::no, frame.a(1 + axis), columns(frame, dy, run.first_out + axis, 1), u_matrix,
                  axis == 0 ? Write::overwrite : Write::accumulate);
      } else {
        gemm<T>(be, Trans::yes, Trans::no, frame.a(0), columns(frame, dy, run.first_out, run.rows_in), u_matrix,
                Write::overwrite);
      }
      const auto u_row = [&](int k, int j, int r) {
        return u + (static_cast<std::size_t>(k) * static_cast<std::size_t>(frame.n) + static_cast<std::size_t>(j)) *
                       static_cast<std::size_t>(width) + r * f;
      };
      if (dx.data()) {
        parallel_for(be, frame.n, double(depth) * width, [&](int j) {
          for (int r = 0; r < run.rows_in; ++r) {
            const int gate = gate_of_row(layout, run.first_in + r);
            T* to = dx.row(frame.begin + j) + (run.first_in + r) * f;
            for (int k = 0; k < frame.terms; ++k) {
              const T* w = table.row(k, gate * f);
              const T* from = u_row(k, j, r);
              for (int c = 0; c < f; ++c) to[c] += w[c] * from[c];
            }
          }
        });
      }
      if (!dtable) return;
      // one thread per radial term: the order over j and r is fixed
      parallel_for(be, frame.terms, double(depth) * width, [&](int k) {
        for (int r = 0; r < run.rows_in; ++r) {
          const int gate = gate_of_row(layout, run.first_in + r);
          T* to = dtable + static_cast<std::size_t>(k) * static_cast<std::size_t>(table.n_columns) + gate * f;
          for (int j = 0; j < frame.n; ++j) {
            const T* from = u_row(k, j, r);
            const T* xj = x.row(frame.begin + j) + (run.first_in + r) * f;
            for (int c = 0; c < f; ++c) to[c] += xj[c] * from[c];
          }
        }
      });
    });
  }
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
