#include "kernels/message.hpp"

#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

// how a gate of the pseudo-vector block makes its rows of x: from v or from v_bar
constexpr bool kFromBar[9] = {false, false, false, true, true, true, false, false, true};

// out = a x b for one channel; the arguments are the channel's x component, `f` elements apart
template <class T>
struct Vec3 {
  T x, y, z;
};
template <class T, class U>
Vec3<T> load(const U* p, int f) {
  return {p[0], p[f], p[2 * f]};
}
template <class T>
void add_to(T* p, int f, Vec3<T> a) {
  p[0] += a.x;
  p[f] += a.y;
  p[2 * f] += a.z;
}
template <class T>
Vec3<T> cross(Vec3<T> a, Vec3<T> b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
template <class T>
T dot(Vec3<T> a, Vec3<T> b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
template <class T>
Vec3<T> operator*(T s, Vec3<T> a) {
  return {s * a.x, s * a.y, s * a.z};
}
template <class T>
Vec3<T> operator+(Vec3<T> a, Vec3<T> b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}

}  // namespace

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
void pseudo_gates(Cpu be, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> v_bar, View<T, 3> x) {
  const int n = v.dim(0), f = v.dim(2);
  parallel_for(be, n, 30.0 * n * f, [&](int i) {
    const T* p = phi.row(i);
    T* xi = x.row(i);
    std::copy_n(p, 2 * f, xi);
    for (int gate = 2; gate < 9; ++gate) {
      const T* from = kFromBar[gate] ? v_bar.row(i) : v.row(i);
      T* to = xi + kPseudoGates.first_in(gate) * f;
      for (int axis = 0; axis < 3; ++axis)
        for (int c = 0; c < f; ++c) to[axis * f + c] = p[gate * f + c] * from[axis * f + c];
    }
  });
}

template <class T>
void pseudo_gates_backward(Cpu be, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> v_bar,
                           View<const T, 3> dx, View<T, 2> dphi, View<T, 3> dv, View<T, 3> dv_bar) {
  const int n = v.dim(0), f = v.dim(2);
  parallel_for(be, n, 60.0 * n * f, [&](int i) {
    const T* p = phi.row(i);
    const T* dxi = dx.row(i);
    T* dp = dphi.row(i);
    for (int c = 0; c < 2 * f; ++c) dp[c] += dxi[c];
    for (int gate = 2; gate < 9; ++gate) {
      const T* from = kFromBar[gate] ? v_bar.row(i) : v.row(i);
      const View<T, 3> dfrom = kFromBar[gate] ? dv_bar : dv;
      T* to = dfrom.data() ? dfrom.row(i) : nullptr;
      const T* grad = dxi + kPseudoGates.first_in(gate) * f;
      for (int axis = 0; axis < 3; ++axis)
        for (int c = 0; c < f; ++c) {
          dp[gate * f + c] += grad[axis * f + c] * from[axis * f + c];
          if (to) to[axis * f + c] += grad[axis * f + c] * p[gate * f + c];
        }
    }
  });
}

template <class T>
void pseudo_combine(Cpu be, View<const T, 3> y, View<const T, 3> q, PseudoFeatures<const T> node,
                    PseudoFeatures<T> update) {
  const int n = y.dim(0), f = y.dim(2);
  parallel_for(be, n, 70.0 * n * f, [&](int i) {
    for (int c = 0; c < f; ++c) {
      const T* yi = y.row(i) + c;
      const auto sum = [&](int gate) { return load<T>(yi + kPseudoGates.first_out(gate) * f, f); };
      const Vec3<T> v = load<T>(node.v.row(i) + c, f), v_bar = load<T>(node.v_bar.row(i) + c, f);
      const T s = node.s.row(i)[c], s_bar = node.s_bar.row(i)[c];
      update.s.row(i)[c] = yi[0] * s;
      update.s_bar.row(i)[c] = dot(v, load<T>(q.row(i) + c, f));
      T *dv = update.v.row(i) + c, *dv_bar = update.v_bar.row(i) + c;
      for (int axis = 0; axis < 3; ++axis) dv[axis * f] = dv_bar[axis * f] = T(0);
      add_to(dv, f, sum(1) + sum(2) + cross(v, sum(3)) + s_bar * sum(4));
      add_to(dv_bar, f, sum(5) + s_bar * sum(6) + cross(v, sum(7)) + cross(v_bar, sum(8)));
    }
  });
}

template <class T>
void pseudo_combine_backward(Cpu be, View<const T, 3> y, View<const T, 3> q, PseudoFeatures<const T> node,
                             PseudoFeatures<const T> grad_update, View<T, 3> grad_y, View<T, 3> grad_q,
                             PseudoFeatures<T> grad_node) {
  const int n = y.dim(0), f = y.dim(2);
  parallel_for(be, n, 150.0 * n * f, [&](int i) {
    for (int c = 0; c < f; ++c) {
      const T* yi = y.row(i) + c;
      T* gy = grad_y.row(i) + c;
      const auto sum = [&](int gate) { return load<T>(yi + kPseudoGates.first_out(gate) * f, f); };
      const auto add_sum = [&](int gate, Vec3<T> g) { add_to(gy + kPseudoGates.first_out(gate) * f, f, g); };
      const Vec3<T> v = load<T>(node.v.row(i) + c, f), v_bar = load<T>(node.v_bar.row(i) + c, f);
      const T s = node.s.row(i)[c], s_bar = node.s_bar.row(i)[c];
      const T gs = grad_update.s.row(i)[c], gs_bar = grad_update.s_bar.row(i)[c];
      const Vec3<T> gv = load<T>(grad_update.v.row(i) + c, f), gv_bar = load<T>(grad_update.v_bar.row(i) + c, f);

      gy[0] += gs * s;
      add_sum(1, gv);
      add_sum(2, gv);
      add_sum(3, cross(gv, v));
      add_sum(4, s_bar * gv);
      add_sum(5, gv_bar);
      add_sum(6, s_bar * gv_bar);
      add_sum(7, cross(gv_bar, v));
      add_sum(8, cross(gv_bar, v_bar));
      add_to(grad_q.row(i) + c, f, gs_bar * v);

      if (grad_node.s.data()) grad_node.s.row(i)[c] += gs * yi[0];
      if (grad_node.s_bar.data()) grad_node.s_bar.row(i)[c] += dot(gv, sum(4)) + dot(gv_bar, sum(6));
      if (grad_node.v.data())
        add_to(grad_node.v.row(i) + c, f,
               gs_bar * load<T>(q.row(i) + c, f) + cross(sum(3), gv) + cross(sum(7), gv_bar));
      if (grad_node.v_bar.data()) add_to(grad_node.v_bar.row(i) + c, f, cross(sum(8), gv_bar));
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                         \
  template void equivariant_gates<T>(Cpu, View<const T, 2>, View<const T, 3>, View<T, 3>);                             \
  template void equivariant_gates_backward<T>(Cpu, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<T, 2>,   \
                                              View<T, 3>);                                                             \
  template void equivariant_combine<T>(Cpu, View<const T, 3>, View<T, 2>, View<T, 3>);                                 \
  template void equivariant_combine_backward<T>(Cpu, View<const T, 2>, View<const T, 3>, View<T, 3>);                  \
  template void pseudo_gates<T>(Cpu, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<T, 3>);                \
  template void pseudo_gates_backward<T>(Cpu, View<const T, 2>, View<const T, 3>, View<const T, 3>, View<const T, 3>,  \
                                         View<T, 2>, View<T, 3>, View<T, 3>);                                          \
  template void pseudo_combine<T>(Cpu, View<const T, 3>, View<const T, 3>, PseudoFeatures<const T>, PseudoFeatures<T>); \
  template void pseudo_combine_backward<T>(Cpu, View<const T, 3>, View<const T, 3>, PseudoFeatures<const T>,           \
                                           PseudoFeatures<const T>, View<T, 3>, View<T, 3>, PseudoFeatures<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
