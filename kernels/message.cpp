#include "kernels/message.hpp"

#include <omp.h>

#include "kernels/channel_vectors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

using namespace channel_vectors;

template <class T>
void equivariant_gates(Cpu be, View<const T, 2> phi, View<const T, 3> v, View<T, 3> x) {
  const int n = v.dim(0), f = v.dim(2);
  parallel_for(be, n, 8.0 * n * f, [&](int i) {
    const T *p = phi.row(i), *vi = v.row(i);
    T* xi = x.row(i);
    for (int axis = 0; axis < 3; ++axis)
      for (int c = 0; c < f; ++c) xi[axis * f + c] = p[c] * vi[axis * f + c];
    std::copy_n(p + f, 2 * f, xi + 3 * f);
  });
}

template <class T>
void equivariant_gates_backward(Cpu be, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> dx, View<T, 2> dphi,
                                View<T, 3> dv) {
  const int n = v.dim(0), f = v.dim(2);
  parallel_for(be, n, 12.0 * n * f, [&](int i) {
    const T *p = phi.row(i), *vi = v.row(i), *dxi = dx.row(i);
    if (dphi.data()) {
      T* dp = dphi.row(i);
      for (int axis = 0; axis < 3; ++axis)
        for (int c = 0; c < f; ++c) dp[c] += dxi[axis * f + c] * vi[axis * f + c];
      for (int c = 0; c < 2 * f; ++c) dp[f + c] += dxi[3 * f + c];
    }
    if (dv.data()) {
      T* dvi = dv.row(i);
      for (int axis = 0; axis < 3; ++axis)
        for (int c = 0; c < f; ++c) dvi[axis * f + c] += dxi[axis * f + c] * p[c];
    }
  });
}

template <class T>
void equivariant_combine(Cpu be, View<const T, 3> y, View<T, 2> ds, View<T, 3> dv) {
  const int n = y.dim(0), f = y.dim(2);
  parallel_for(be, n, 8.0 * n * f, [&](int i) {
    const T* yi = y.row(i);
    std::copy_n(yi + 3 * f, f, ds.row(i));
    T* to = dv.row(i);
    for (int c = 0; c < 3 * f; ++c) to[c] = yi[c] + yi[4 * f + c];
  });
}

template <class T>
void equivariant_combine_backward(Cpu be, View<const T, 2> grad_ds, View<const T, 3> grad_dv, View<T, 3> grad_y) {
  const int n = grad_y.dim(0), f = grad_y.dim(2);
  parallel_for(be, n, 8.0 * n * f, [&](int i) {
    const T *gs = grad_ds.row(i), *gv = grad_dv.row(i);
    T* to = grad_y.row(i);
    for (int c = 0; c < f; ++c) to[3 * f + c] += gs[c];
    for (int c = 0; c < 3 * f; ++c) {
      to[c] += gv[c];
      to[4 * f + c] += gv[c];
    }
  });
}

template <class T>
void pseudo_gates(Cpu be, const PseudoGates& gates, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> v_bar,
                  View<T, 3> x) {
  const int n = v.dim(0), f = v.dim(2);
  parallel_for(be, n, 30.0 * n * f, [&](int i) {
    T* to = x.row(i);
    for (int u = 0; u < gates.layout.n_gates; ++u) {
      const T* __restrict p = phi.row(i) + u * f;
      const int gate = gates.layout.block[static_cast<std::size_t>(u)];
      if (gates.layout.kind[static_cast<std::size_t>(u)] != Gate::vector) {
        std::copy_n(p, f, to);
        to += f;
        continue;
      }
      const T* from = kFromBar[gate] ? v_bar.row(i) : v.row(i);
      for (int axis = 0; axis < 3; ++axis, to += f)
        for (int c = 0; c < f; ++c) to[c] = p[c] * from[axis * f + c];
    }
  });
}

template <class T>
void pseudo_gates_backward(Cpu be, const PseudoGates& gates, View<const T, 2> phi, View<const T, 3> v,
                           View<const T, 3> v_bar, View<const T, 3> dx, View<T, 2> dphi, View<T, 3> dv,
                           View<T, 3> dv_bar) {
  const int n = v.dim(0), f = v.dim(2);
  parallel_for(be, n, 60.0 * n * f, [&](int i) {
    const T* grad = dx.row(i);
    for (int u = 0; u < gates.layout.n_gates; ++u) {
      const T* p = phi.row(i) + u * f;
      T* dp = dphi.row(i) + u * f;
      const int gate = gates.layout.block[static_cast<std::size_t>(u)];
      if (gates.layout.kind[static_cast<std::size_t>(u)] != Gate::vector) {
#pragma omp simd
        for (int c = 0; c < f; ++c) dp[c] += grad[c];
        grad += f;
        continue;
      }
      const T* from = kFromBar[gate] ? v_bar.row(i) : v.row(i);
      const View<T, 3> dfrom = kFromBar[gate] ? dv_bar : dv;
      for (int axis = 0; axis < 3; ++axis, grad += f) {
#pragma omp simd
        for (int c = 0; c < f; ++c) dp[c] += grad[c] * from[axis * f + c];
        if (!dfrom.data()) continue;
        T* to = dfrom.row(i) + axis * f;
#pragma omp simd
        for (int c = 0; c < f; ++c) to[c] += grad[c] * p[c];
      }
    }
  });
}

namespace {

// Rows for what a block lacks: zeros to read, and for every thread a row to write that nobody reads.
template <class T>
class SpareRows {
 public:
  SpareRows(Cpu be, int f) : width_(3 * f), zeros_(be.scratch->allocate_array<T>(size(be.n_threads + 1))) {
    std::fill_n(zeros_, size(be.n_threads + 1), T(0));
  }
  const T* read(const T* row) const { return row ? row : zeros_; }
  const T* read_row(View<const T, 3> x, int i) const { return x.data() ? x.row(i) : zeros_; }
  const T* read_row(View<const T, 2> x, int i) const { return x.data() ? x.row(i) : zeros_; }
  T* write(T* row) const { return row ? row : zeros_ + size(1 + omp_get_thread_num()); }
  T* write_row(View<T, 3> x, int i) const { return write(x.data() ? x.row(i) : nullptr); }
  T* write_row(View<T, 2> x, int i) const { return write(x.data() ? x.row(i) : nullptr); }

 private:
  std::size_t size(int rows) const { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(width_); }
  int width_;
  T* zeros_;
};

// first row of each gate's sum among `rows`, null for gates left out
template <class T>
std::array<T*, 9> gate_rows(const PseudoGates& gates, T* rows, int f) {
  std::array<T*, 9> row{};
  for (std::size_t k = 0; k < 9; ++k)
    if (gates.place[k] >= 0) row[k] = rows + gates.layout.first_out(gates.place[k]) * f;
  return row;
}

}  // namespace

template <class T>
void pseudo_combine(Cpu be, const PseudoGates& gates, View<const T, 3> y, View<const T, 3> q, PseudoFeatures<const T> node,
                    PseudoFeatures<T> update) {
  const int n = y.dim(0), f = y.dim(2);
  const Arena::Scope scope(*be.scratch);
  const SpareRows<T> spare(be, f);
  parallel_for(be, n, 70.0 * n * f, [&](int i) {
    auto sum = gate_rows(gates, y.row(i), f);
    for (auto& row : sum) row = spare.read(row);
    const T* qi = spare.read_row(gates.pseudoscalars ? q : View<const T, 3>(), i);
    const T *si = node.s.row(i), *si_bar = node.s_bar.row(i), *vi = node.v.row(i), *vi_bar = node.v_bar.row(i);
    T *ds = update.s.row(i), *ds_bar = update.s_bar.row(i), *dv = update.v.row(i), *dv_bar = update.v_bar.row(i);
#pragma omp simd
    for (int c = 0; c < f; ++c) {
      const auto at = [&](const T* p) { return load<T>(p + c, f); };
      const Vec3<T> v = at(vi), v_bar = at(vi_bar);
      ds[c] = sum[0][c] * si[c];
      ds_bar[c] = dot(v, at(qi));
      store(dv + c, f, at(sum[1]) + at(sum[2]) + cross(v, at(sum[3])) + si_bar[c] * at(sum[4]));
      store(dv_bar + c, f, at(sum[5]) + si_bar[c] * at(sum[6]) + cross(v, at(sum[7])) + cross(v_bar, at(sum[8])));
    }
  });
}

template <class T>
void pseudo_combine_backward(Cpu be, const PseudoGates& gates, View<const T, 3> y, View<const T, 3> q,
                             PseudoFeatures<const T> node, PseudoFeatures<const T> grad_update, View<T, 3> grad_y,
                             View<T, 3> grad_q, PseudoFeatures<T> grad_node) {
  const int n = y.dim(0), f = y.dim(2);
  const Arena::Scope scope(*be.scratch);
  const SpareRows<T> spare(be, f);
  parallel_for(be, n, 150.0 * n * f, [&](int i) {
    auto sum = gate_rows(gates, y.row(i), f);
    auto grad = gate_rows(gates, grad_y.row(i), f);
    for (auto& row : sum) row = spare.read(row);
    for (auto& row : grad) row = spare.write(row);
    const bool bars = gates.pseudoscalars;
    const T* qi = spare.read_row(bars ? q : View<const T, 3>(), i);
    T* gq = spare.write_row(bars ? grad_q : View<T, 3>(), i);
    const T *si = node.s.row(i), *si_bar = node.s_bar.row(i), *vi = node.v.row(i), *vi_bar = node.v_bar.row(i);
    const T *gs = spare.read_row(grad_update.s, i), *gs_bar = spare.read_row(bars ? grad_update.s_bar : View<const T, 2>(), i);
    const T *gv_row = spare.read_row(grad_update.v, i), *gv_bar_row = spare.read_row(grad_update.v_bar, i);
    T *to_s = spare.write_row(grad_node.s, i), *to_s_bar = spare.write_row(grad_node.s_bar, i);
    T *to_v = spare.write_row(grad_node.v, i), *to_v_bar = spare.write_row(grad_node.v_bar, i);
#pragma omp simd
    for (int c = 0; c < f; ++c) {
      const auto at = [&](const T* p) { return load<T>(p + c, f); };
      const auto add = [&](T* p, Vec3<T> g) { add_to(p + c, f, g); };
      const Vec3<T> v = at(vi), v_bar = at(vi_bar), gv = at(gv_row), gv_bar = at(gv_bar_row);
      const T s_bar = si_bar[c];
      grad[0][c] += gs[c] * si[c];
      add(grad[1], gv);
      add(grad[2], gv);
      add(grad[3], cross(gv, v));
      add(grad[4], s_bar * gv);
      add(grad[5], gv_bar);
      add(grad[6], s_bar * gv_bar);
      add(grad[7], cross(gv_bar, v));
      add(grad[8], cross(gv_bar, v_bar));
      add(gq, gs_bar[c] * v);
      to_s[c] += gs[c] * sum[0][c];
      to_s_bar[c] += dot(gv, at(sum[4])) + dot(gv_bar, at(sum[6]));
      add(to_v, gs_bar[c] * at(qi) + cross(at(sum[3]), gv) + cross(at(sum[7]), gv_bar));
      add(to_v_bar, cross(at(sum[8]), gv_bar));
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                         \
  template void equivariant_gates<T>(Cpu, View<const T, 2>, View<const T, 3>, View<T, 3>);                             \
  template void equivariant_gates_backward<T>(Cpu, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<T, 2>,   \
                                              View<T, 3>);                                                             \
  template void equivariant_combine<T>(Cpu, View<const T, 3>, View<T, 2>, View<T, 3>);                                 \
  template void equivariant_combine_backward<T>(Cpu, View<const T, 2>, View<const T, 3>, View<T, 3>);                  \
  template void pseudo_gates<T>(Cpu, const PseudoGates&, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<T, 3>); \
  template void pseudo_gates_backward<T>(Cpu, const PseudoGates&, View<const T, 2>, View<const T, 3>, View<const T, 3>, \
                                         View<const T, 3>, View<T, 2>, View<T, 3>, View<T, 3>);                        \
  template void pseudo_combine<T>(Cpu, const PseudoGates&, View<const T, 3>, View<const T, 3>, PseudoFeatures<const T>, \
                                  PseudoFeatures<T>);                                                                  \
  template void pseudo_combine_backward<T>(Cpu, const PseudoGates&, View<const T, 3>, View<const T, 3>,                \
                                           PseudoFeatures<const T>, PseudoFeatures<const T>, View<T, 3>, View<T, 3>,   \
                                           PseudoFeatures<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
