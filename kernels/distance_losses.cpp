#include "kernels/distance_losses.hpp"

#include <cmath>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

constexpr double kWorkPerPair = 20;

template <class T>
struct Separation {
  T x, y, z, d;  // x_i - x_j and its softened length
};

template <class T>
Separation<T> separation(View<const T, 2> xyz_A3, int i, int j, T eps) {
  const T *a = xyz_A3.row(i), *b = xyz_A3.row(j);
  const T x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
  return {x, y, z, std::sqrt(x * x + y * y + z * z + eps)};
}

// mean over pairs of f(i, j); each pair is seen from its smaller atom
template <class T, class F>
double pair_mean(Cpu be, GraphView pairs, F f) {
  if (pairs.n_edges == 0) return 0;
  double partial[kSumChunks];
  parallel_for(be, kSumChunks, kWorkPerPair * pairs.n_edges, [&](int c) {
    const auto n = static_cast<std::size_t>(pairs.n_dst);
    double sum = 0;
    for (int i = static_cast<int>(chunk_begin(n, c)); i < static_cast<int>(chunk_begin(n, c + 1)); ++i)
      for (int e = pairs.offset[i]; e < pairs.offset[i + 1]; ++e)
        if (pairs.src[e] > i) sum += static_cast<double>(f(i, pairs.src[e]));
    partial[c] = sum;
  });
  double sum = 0;
  for (double p : partial) sum += p;
  return sum / (0.5 * pairs.n_edges);
}

// dxyz(i) += slope(i, j) (x_i - x_j) / d summed over the partners of i
template <class T, class F>
void pair_backward(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, T eps, View<T, 2> dxyz_A3, F slope) {
  parallel_for_ragged(be, pairs.n_dst, kWorkPerPair * pairs.n_edges, [&](int i) {
    T sum[3] = {0, 0, 0};
    for (int e = pairs.offset[i]; e < pairs.offset[i + 1]; ++e) {
      const Separation<T> s = separation(xyz_A3, i, pairs.src[e], eps);
      const T factor = slope(i, pairs.src[e], s.d) / s.d;
      sum[0] += factor * s.x;
      sum[1] += factor * s.y;
      sum[2] += factor * s.z;
    }
    for (int k = 0; k < 3; ++k) dxyz_A3(i, k) += sum[k];
  });
}

template <class T>
void check_pairs(const char* name, GraphView pairs, View<const T, 2> xyz_A3) {
  REGRAIN_CHECK(xyz_A3.dim(1) == 3 && pairs.n_dst == xyz_A3.dim(0) && pairs.n_src == xyz_A3.dim(0), name,
                ": xyz is ", xyz_A3.dim(0), "x", xyz_A3.dim(1), ", the pairs are among ", pairs.n_dst,
                " atoms");
}

}  // namespace

template <class T>
double mean_squared_displacement(Cpu be, View<const T, 2> xyz_A3, View<const T, 2> target_A3) {
  REGRAIN_CHECK(xyz_A3.dim(1) == 3 && target_A3.dim(1) == 3 && xyz_A3.dim(0) == target_A3.dim(0),
                "mean_squared_displacement: ", xyz_A3.dim(0), "x", xyz_A3.dim(1), " and ", target_A3.dim(0),
                "x", target_A3.dim(1));
  if (xyz_A3.dim(0) == 0) return 0;
  const double sum = parallel_sum(be, xyz_A3.size(), [&](std::size_t i) {
    const double d = double(xyz_A3.data()[i]) - double(target_A3.data()[i]);
    return d * d;
  });
  return sum / xyz_A3.dim(0);
}

template <class T>
void mean_squared_displacement_backward(Cpu be, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T dy,
                                        View<T, 2> dxyz_A3) {
  const T factor = T(2) * dy / static_cast<T>(std::max(xyz_A3.dim(0), 1));
  parallel_for(be, xyz_A3.dim(0), 10.0 * xyz_A3.dim(0), [&](int i) {
    for (int k = 0; k < 3; ++k) dxyz_A3(i, k) += factor * (xyz_A3(i, k) - target_A3(i, k));
  });
}

template <class T>
double edge_length_loss(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps) {
  check_pairs("edge_length_loss", pairs, xyz_A3);
  check_pairs("edge_length_loss", pairs, target_A3);
  return pair_mean<T>(be, pairs, [&](int i, int j) {
    const double off = double(separation(xyz_A3, i, j, eps).d) - double(separation(target_A3, i, j, eps).d);
    return off * off;
  });
}

template <class T>
void edge_length_loss_backward(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3,
                               T eps, T dy, View<T, 2> dxyz_A3) {
  // a pair stands twice among the edges
  const T factor = T(4) * dy / static_cast<T>(std::max(pairs.n_edges, 1));
  pair_backward(be, pairs, xyz_A3, eps, dxyz_A3,
                [&](int i, int j, T d) { return factor * (d - separation(target_A3, i, j, eps).d); });
}

template <class T>
double clash_loss(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps) {
  check_pairs("clash_loss", pairs, xyz_A3);
  return pair_mean<T>(
      be, pairs, [&](int i, int j) { return std::max(nearest - separation(xyz_A3, i, j, eps).d, T(0)); });
}

template <class T>
void clash_loss_backward(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, T dy,
                         View<T, 2> dxyz_A3) {
  const T factor = T(-2) * dy / static_cast<T>(std::max(pairs.n_edges, 1));
  pair_backward(be, pairs, xyz_A3, eps, dxyz_A3, [&](int, int, T d) { return d < nearest ? factor : T(0); });
}

#define REGRAIN_INSTANTIATE(T)                                                                         \
  template double mean_squared_displacement<T>(Cpu, View<const T, 2>, View<const T, 2>);               \
  template void mean_squared_displacement_backward<T>(Cpu, View<const T, 2>, View<const T, 2>, T,      \
                                                      View<T, 2>);                                     \
  template double edge_length_loss<T>(Cpu, GraphView, View<const T, 2>, View<const T, 2>, T);          \
  template void edge_length_loss_backward<T>(Cpu, GraphView, View<const T, 2>, View<const T, 2>, T, T, \
                                             View<T, 2>);                                              \
  template double clash_loss<T>(Cpu, GraphView, View<const T, 2>, T, T);                               \
  template void clash_loss_backward<T>(Cpu, GraphView, View<const T, 2>, T, T, T, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
