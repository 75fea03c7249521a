// What stands before and after the filtered sum of a message block, on the device: thread (n, c) does channel
// c of node n with all its rows in registers.
//
// Neighbouring threads have neighbouring channels, so every access of a warp is one stretch of memory, and
// every value is read and written once. A few operations a value: memory limits all of these kernels.
#include "kernels/message.hpp"

#include "kernels/channel_vectors.hpp"
#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

using namespace channel_vectors;

namespace {

// Node and channel of a thread, and whether there are such.
struct Channel {
  bool exists;
  std::size_t node, channel, f;

  __device__ Channel(int n, int n_channels) : f(static_cast<std::size_t>(n_channels)) {
    const std::size_t at = thread_of_grid();
    exists = at < static_cast<std::size_t>(n) * f;
    node = exists ? at / f : 0;
    channel = exists ? at % f : 0;
  }
  // first element of the channel in an array (N, rows, F)
  __device__ std::size_t of(int rows) const { return node * static_cast<std::size_t>(rows) * f + channel; }
  __device__ std::ptrdiff_t stride() const { return static_cast<std::ptrdiff_t>(f); }
};

// blocks for a thread a node and channel
dim3 blocks_of(int n, int f) { return blocks_for(static_cast<std::size_t>(n) * static_cast<std::size_t>(f)); }

// x = [phi_0 v, phi_1, phi_2]; 11 values a channel
template <class T>
__global__ void __launch_bounds__(kBlock)
    equivariant_gates_kernel(int n, int f, const T* __restrict__ phi, const T* __restrict__ v,
                             T* __restrict__ x) {
  const Channel at(n, f);
  if (!at.exists) return;
  const Vec3<T> p = load<T>(phi + at.of(3), at.stride());
  T* to = x + at.of(5);
  store(to, at.stride(), p.x * load<T>(v + at.of(3), at.stride()));
  to[3 * at.f] = p.y;
  to[4 * at.f] = p.z;
}

// dphi += [dx_0 . v, dx_1, dx_2], dv += phi_0 dx_0, each unless null; 20 values a channel
template <class T>
__global__ void __launch_bounds__(kBlock)
    equivariant_gates_backward_kernel(int n, int f, const T* __restrict__ phi, const T* __restrict__ v,
                                      const T* __restrict__ dx, T* __restrict__ dphi, T* __restrict__ dv) {
  const Channel at(n, f);
  if (!at.exists) return;
  const T* from = dx + at.of(5);
  const Vec3<T> grad = load<T>(from, at.stride());
  if (dphi)
    add_to(dphi + at.of(3), at.stride(),
           Vec3<T>{dot(grad, load<T>(v + at.of(3), at.stride())), from[3 * at.f], from[4 * at.f]});
  if (dv) add_to(dv + at.of(3), at.stride(), phi[at.of(3)] * grad);
}

// ds = y_1, dv = y_0 + y_2; 11 values a channel
template <class T>
__global__ void __launch_bounds__(kBlock) equivariant_combine_kernel(int n, int f, const T* __restrict__ y,
                                                                     T* __restrict__ ds, T* __restrict__ dv) {
  const Channel at(n, f);
  if (!at.exists) return;
  const T* from = y + at.of(7);
  ds[at.of(1)] = from[3 * at.f];
  store(dv + at.of(3), at.stride(), load<T>(from, at.stride()) + load<T>(from + 4 * at.f, at.stride()));
}

// grad_y += [grad_dv, grad_ds, grad_dv]; 18 values a channel
template <class T>
__global__ void __launch_bounds__(kBlock)
    equivariant_combine_backward_kernel(int n, int f, const T* __restrict__ grad_ds,
                                        const T* __restrict__ grad_dv, T* __restrict__ grad_y) {
  const Channel at(n, f);
  if (!at.exists) return;
  T* to = grad_y + at.of(7);
  const Vec3<T> grad = load<T>(grad_dv + at.of(3), at.stride());
  add_to(to, at.stride(), grad);
  to[3 * at.f] += grad_ds[at.of(1)];
  add_to(to + 4 * at.f, at.stride(), grad);
}

// The gates of a layout as bits: bit u is set if gate u multiplies a vector, and if that is v_bar.
struct GateBits {
  int n_gates, n_in;
  unsigned vector = 0, bar = 0;

  explicit GateBits(const PseudoGates& gates) : n_gates(gates.layout.n_gates), n_in(gates.layout.n_in()) {
    for (int u = 0; u < n_gates; ++u) {
      const auto at = static_cast<std::size_t>(u);
      if (gates.layout.kind[at] != Gate::vector) continue;
      vector |= 1u << u;
      if (kFromBar[gates.layout.block[at]]) bar |= 1u << u;
    }
  }
};

// Rows of x: phi_u, or phi_u times v or v_bar; 36 values a channel with all nine gates.
template <class T>
__global__ void __launch_bounds__(kBlock)
    pseudo_gates_kernel(GateBits gates, int n, int f, const T* __restrict__ phi, const T* __restrict__ v,
                        const T* __restrict__ v_bar, T* __restrict__ x) {
  const Channel at(n, f);
  if (!at.exists) return;
  Vec3<T> plain{}, bar{};
  if (gates.vector & ~gates.bar) plain = load<T>(v + at.of(3), at.stride());
  if (gates.bar) bar = load<T>(v_bar + at.of(3), at.stride());
  const T* from = phi + at.of(gates.n_gates);
  T* to = x + at.of(gates.n_in);
  for (int u = 0; u < gates.n_gates; ++u, from += f) {
    const T p = *from;
    if (gates.vector >> u & 1) {
      store(to, at.stride(), p * (gates.bar >> u & 1 ? bar : plain));
      to += 3 * at.f;
    } else {
      *to = p;
      to += at.f;
    }
  }
}

// dphi_u += dx_u, or dx_u . v; dv, dv_bar += phi_u dx_u, each unless null; 66 values a channel with all nine
// gates.
template <class T>
__global__ void __launch_bounds__(kBlock)
    pseudo_gates_backward_kernel(GateBits gates, int n, int f, const T* __restrict__ phi,
                                 const T* __restrict__ v, const T* __restrict__ v_bar,
                                 const T* __restrict__ dx, T* __restrict__ dphi, T* __restrict__ dv,
                                 T* __restrict__ dv_bar) {
  const Channel at(n, f);
  if (!at.exists) return;
  Vec3<T> plain{}, bar{}, d_plain{}, d_bar{};
  if (gates.vector & ~gates.bar) plain = load<T>(v + at.of(3), at.stride());
  if (gates.bar) bar = load<T>(v_bar + at.of(3), at.stride());
  const T* p = phi + at.of(gates.n_gates);
  T* dp = dphi + at.of(gates.n_gates);
  const T* from = dx + at.of(gates.n_in);
  for (int u = 0; u < gates.n_gates; ++u, p += f, dp += f) {
    if (!(gates.vector >> u & 1)) {
      *dp += *from;
      from += at.f;
      continue;
    }
    const Vec3<T> grad = load<T>(from, at.stride());
    from += 3 * at.f;
    const bool is_bar = gates.bar >> u & 1;
    *dp += dot(grad, is_bar ? bar : plain);
    if (is_bar)
      d_bar = d_bar + *p * grad;
    else
      d_plain = d_plain + *p * grad;
  }
  if (dv && gates.vector & ~gates.bar) add_to(dv + at.of(3), at.stride(), d_plain);
  if (dv_bar && gates.bar) add_to(dv_bar + at.of(3), at.stride(), d_bar);
}

// Where the sums of the nine gates begin among the n_out rows of a node, -1 for gates left out.
struct SumRows {
  int n_out, row[9];

  explicit SumRows(const PseudoGates& gates) : n_out(gates.layout.n_out()) {
    for (int k = 0; k < 9; ++k) {
      const int place = gates.place[static_cast<std::size_t>(k)];
      row[k] = place < 0 ? -1 : gates.layout.first_out(place);
    }
  }
};

// The sums of one channel; those of gates left out are zero, and so are their gradients.
template <class T>
struct ChannelSums {
  const SumRows& rows;
  const Channel& at;

  __device__ T scalar(const T* y) const { return rows.row[0] < 0 ? T(0) : y[at.of(rows.n_out) + offset(0)]; }
  __device__ Vec3<T> vector(const T* y, int k) const {
    return rows.row[k] < 0 ? Vec3<T>{} : load<T>(y + at.of(rows.n_out) + offset(k), at.stride());
  }
  __device__ void add(T* y, T grad) const {
    if (rows.row[0] >= 0) y[at.of(rows.n_out) + offset(0)] += grad;
  }
  __device__ void add(T* y, int k, Vec3<T> grad) const {
    if (rows.row[k] >= 0) add_to(y + at.of(rows.n_out) + offset(k), at.stride(), grad);
  }

 private:
  __device__ std::size_t offset(int k) const { return static_cast<std::size_t>(rows.row[k]) * at.f; }
};

// The four updates of a node, see message.hpp; 44 values a channel with all nine gates.
template <class T>
__global__ void __launch_bounds__(kBlock)
    pseudo_combine_kernel(SumRows rows, int n, int f, const T* __restrict__ y, const T* __restrict__ q,
                          PseudoFeatures<const T> node, PseudoFeatures<T> update) {
  const Channel at(n, f);
  if (!at.exists) return;
  const ChannelSums<T> sums{rows, at};
  const auto vector = [&](const T* p) { return load<T>(p + at.of(3), at.stride()); };
  const auto sum = [&](int k) { return sums.vector(y, k); };
  const Vec3<T> v = vector(node.v.data()), v_bar = vector(node.v_bar.data());
  const T s_bar = node.s_bar.data()[at.of(1)];
  update.s.data()[at.of(1)] = sums.scalar(y) * node.s.data()[at.of(1)];
  update.s_bar.data()[at.of(1)] = q ? dot(v, vector(q)) : T(0);
  store(update.v.data() + at.of(3), at.stride(), sum(1) + sum(2) + cross(v, sum(3)) + s_bar * sum(4));
  store(update.v_bar.data() + at.of(3), at.stride(),
        sum(5) + s_bar * sum(6) + cross(v, sum(7)) + cross(v_bar, sum(8)));
}

// The derivative of pseudo_combine_kernel; 110 values a channel with all nine gates and gradients.
template <class T>
__global__ void __launch_bounds__(kBlock)
    pseudo_combine_backward_kernel(SumRows rows, int n, int f, const T* __restrict__ y,
                                   const T* __restrict__ q, PseudoFeatures<const T> node,
                                   PseudoFeatures<const T> grad_update, T* __restrict__ grad_y,
                                   T* __restrict__ grad_q, PseudoFeatures<T> grad_node) {
  const Channel at(n, f);
  if (!at.exists) return;
  const ChannelSums<T> sums{rows, at};
  const auto scalar = [&](const T* p) { return p ? p[at.of(1)] : T(0); };
  const auto vector = [&](const T* p) { return p ? load<T>(p + at.of(3), at.stride()) : Vec3<T>{}; };
  const Vec3<T> v = vector(node.v.data()), v_bar = vector(node.v_bar.data());
  const Vec3<T> gv = vector(grad_update.v.data()), gv_bar = vector(grad_update.v_bar.data());
  const T s_bar = scalar(node.s_bar.data()), gs = scalar(grad_update.s.data()),
          gs_bar = scalar(grad_update.s_bar.data());

  sums.add(grad_y, gs * scalar(node.s.data()));
  sums.add(grad_y, 1, gv);
  sums.add(grad_y, 2, gv);
  sums.add(grad_y, 3, cross(gv, v));
  sums.add(grad_y, 4, s_bar * gv);
  sums.add(grad_y, 5, gv_bar);
  sums.add(grad_y, 6, s_bar * gv_bar);
  sums.add(grad_y, 7, cross(gv_bar, v));
  sums.add(grad_y, 8, cross(gv_bar, v_bar));
  if (grad_q) add_to(grad_q + at.of(3), at.stride(), gs_bar * v);

  if (T* to = grad_node.s.data()) to[at.of(1)] += gs * sums.scalar(y);
  if (T* to = grad_node.s_bar.data())
    to[at.of(1)] += dot(gv, sums.vector(y, 4)) + dot(gv_bar, sums.vector(y, 6));
  if (T* to = grad_node.v.data())
    add_to(to + at.of(3), at.stride(),
           gs_bar * vector(q) + cross(sums.vector(y, 3), gv) + cross(sums.vector(y, 7), gv_bar));
  if (T* to = grad_node.v_bar.data()) add_to(to + at.of(3), at.stride(), cross(sums.vector(y, 8), gv_bar));
}

}  // namespace

template <class T>
void equivariant_gates(Cuda be, View<const T, 2> phi, View<const T, 3> v, View<T, 3> x) {
  const int n = v.dim(0), f = v.dim(2);
  launch<equivariant_gates_kernel<T>>(be, blocks_of(n, f), kBlock, 0, n, f, phi.data(), v.data(), x.data());
}

template <class T>
void equivariant_gates_backward(Cuda be, View<const T, 2> phi, View<const T, 3> v, View<const T, 3> dx,
                                View<T, 2> dphi, View<T, 3> dv) {
  const int n = v.dim(0), f = v.dim(2);
  launch<equivariant_gates_backward_kernel<T>>(be, blocks_of(n, f), kBlock, 0, n, f, phi.data(), v.data(),
                                               dx.data(), dphi.data(), dv.data());
}

template <class T>
void equivariant_combine(Cuda be, View<const T, 3> y, View<T, 2> ds, View<T, 3> dv) {
  const int n = y.dim(0), f = y.dim(2);
  launch<equivariant_combine_kernel<T>>(be, blocks_of(n, f), kBlock, 0, n, f, y.data(), ds.data(), dv.data());
}

template <class T>
void equivariant_combine_backward(Cuda be, View<const T, 2> grad_ds, View<const T, 3> grad_dv,
                                  View<T, 3> grad_y) {
  const int n = grad_y.dim(0), f = grad_y.dim(2);
  launch<equivariant_combine_backward_kernel<T>>(be, blocks_of(n, f), kBlock, 0, n, f, grad_ds.data(),
                                                 grad_dv.data(), grad_y.data());
}

template <class T>
void pseudo_gates(Cuda be, const PseudoGates& gates, View<const T, 2> phi, View<const T, 3> v,
                  View<const T, 3> v_bar, View<T, 3> x) {
  const int n = v.dim(0), f = v.dim(2);
  launch<pseudo_gates_kernel<T>>(be, blocks_of(n, f), kBlock, 0, GateBits(gates), n, f, phi.data(), v.data(),
                                 v_bar.data(), x.data());
}

template <class T>
void pseudo_gates_backward(Cuda be, const PseudoGates& gates, View<const T, 2> phi, View<const T, 3> v,
                           View<const T, 3> v_bar, View<const T, 3> dx, View<T, 2> dphi, View<T, 3> dv,
                           View<T, 3> dv_bar) {
  const int n = v.dim(0), f = v.dim(2);
  launch<pseudo_gates_backward_kernel<T>>(be, blocks_of(n, f), kBlock, 0, GateBits(gates), n, f, phi.data(),
                                          v.data(), v_bar.data(), dx.data(), dphi.data(), dv.data(),
                                          dv_bar.data());
}

template <class T>
void pseudo_combine(Cuda be, const PseudoGates& gates, View<const T, 3> y, View<const T, 3> q,
                    PseudoFeatures<const T> node, PseudoFeatures<T> update) {
  const int n = y.dim(0), f = y.dim(2);
  launch<pseudo_combine_kernel<T>>(be, blocks_of(n, f), kBlock, 0, SumRows(gates), n, f, y.data(),
                                   gates.pseudoscalars ? q.data() : nullptr, node, update);
}

template <class T>
void pseudo_combine_backward(Cuda be, const PseudoGates& gates, View<const T, 3> y, View<const T, 3> q,
                             PseudoFeatures<const T> node, PseudoFeatures<const T> grad_update,
                             View<T, 3> grad_y, View<T, 3> grad_q, PseudoFeatures<T> grad_node) {
  const int n = y.dim(0), f = y.dim(2);
  if (!gates.pseudoscalars) {
    q = {};
    grad_q = {};
    grad_update.s_bar = {};
  }
  launch<pseudo_combine_backward_kernel<T>>(be, blocks_of(n, f), kBlock, 0, SumRows(gates), n, f, y.data(),
                                            q.data(), node, grad_update, grad_y.data(), grad_q.data(),
                                            grad_node);
}

#define REGRAIN_INSTANTIATE(T)                                                                            \
  template void equivariant_gates<T>(Cuda, View<const T, 2>, View<const T, 3>, View<T, 3>);               \
  template void equivariant_gates_backward<T>(Cuda, View<const T, 2>, View<const T, 3>, View<const T, 3>, \
                                              View<T, 2>, View<T, 3>);                                    \
  template void equivariant_combine<T>(Cuda, View<const T, 3>, View<T, 2>, View<T, 3>);                   \
  template void equivariant_combine_backward<T>(Cuda, View<const T, 2>, View<const T, 3>, View<T, 3>);    \
  template void pseudo_gates<T>(Cuda, const PseudoGates&, View<const T, 2>, View<const T, 3>,             \
                                View<const T, 3>, View<T, 3>);                                            \
  template void pseudo_gates_backward<T>(Cuda, const PseudoGates&, View<const T, 2>, View<const T, 3>,    \
                                         View<const T, 3>, View<const T, 3>, View<T, 2>, View<T, 3>,      \
                                         View<T, 3>);                                                     \
  template void pseudo_combine<T>(Cuda, const PseudoGates&, View<const T, 3>, View<const T, 3>,           \
                                  PseudoFeatures<const T>, PseudoFeatures<T>);                            \
  template void pseudo_combine_backward<T>(Cuda, const PseudoGates&, View<const T, 3>, View<const T, 3>,  \
                                           PseudoFeatures<const T>, PseudoFeatures<const T>, View<T, 3>,  \
                                           View<T, 3>, PseudoFeatures<T>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
