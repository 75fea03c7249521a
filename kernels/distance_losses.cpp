#include "kernels/distance_losses.hpp"

#include "kernels/distance_terms.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

constexpr double kWorkPerPair = 20;

// mean of the losses of pairs
template <class Pair>
double pair_mean(Cpu be, GraphView pairs, const Pair& pair) {
  if (pairs.n_edges == 0) return 0;
  double partial[kSumChunks];
  parallel_for(be, kSumChunks, kWorkPerPair * pairs.n_edges, [&](int c) {
    const auto n = static_cast<std::size_t>(pairs.n_dst);
    double sum = 0;
    for (int i = static_cast<int>(chunk_begin(n, c)); i < static_cast<int>(chunk_begin(n, c + 1)); ++i)
      add_pairs_of(i, pairs, pair, sum);
    partial[c] = sum;
  });
  double sum = 0;
  for (double p : partial) sum += p;
  return sum / (0.5 * pairs.n_edges);
}

template <class T, class Pair>
void pair_backward(Cpu be, GraphView pairs, const Pair& pair, T factor, View<T, 2> dxyz_A3) {
  parallel_for_ragged(be, pairs.n_dst, kWorkPerPair * pairs.n_edges,
                      [&](int i) { add_pair_gradients_of(i, pairs, pair, factor, dxyz_A3); });
}

}  // namespace

template <class T>
void mean_squared_displacement(Cpu be, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T* loss) {
  check_displacement(xyz_A3, target_A3);
  const double sum = parallel_sum(be, xyz_A3.size(), [&](std::size_t i) {
    const double d = double(xyz_A3.data()[i]) - double(target_A3.data()[i]);
    return d * d;
  });
  *loss = xyz_A3.dim(0) == 0 ? T(0) : static_cast<T>(sum / xyz_A3.dim(0));
}

template <class T>
void mean_squared_displacement_backward(Cpu be, View<const T, 2> xyz_A3, View<const T, 2> target_A3, const T* dloss,
                                        View<T, 2> dxyz_A3) {
  const T factor = T(2) * *dloss / static_cast<T>(std::max(xyz_A3.dim(0), 1));
  parallel_for(be, xyz_A3.dim(0), 10.0 * xyz_A3.dim(0), [&](int i) {
    for (int k = 0; k < 3; ++k) dxyz_A3(i, k) += factor * (xyz_A3(i, k) - target_A3(i, k));
  });
}

template <class T>
void edge_length_loss(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps, T* loss) {
  check_pairs("edge_length_loss", pairs, xyz_A3);
  check_pairs("edge_length_loss", pairs, target_A3);
  *loss = static_cast<T>(pair_mean(be, pairs, LengthPair<T>{xyz_A3, target_A3, eps}));
}

template <class T>
void edge_length_loss_backward(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps,
                               const T* dloss, View<T, 2> dxyz_A3) {
  // a pair stands twice among the edges
  const T factor = T(4) * *dloss / static_cast<T>(std::max(pairs.n_edges, 1));
  pair_backward(be, pairs, LengthPair<T>{xyz_A3, target_A3, eps}, factor, dxyz_A3);
}

template <class T>
void clash_loss(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, T* loss) {
  check_pairs("clash_loss", pairs, xyz_A3);
  *loss = static_cast<T>(pair_mean(be, pairs, ClashPair<T>{xyz_A3, nearest, eps}));
}

template <class T>
void clash_loss_backward(Cpu be, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, const T* dloss,
                         View<T, 2> dxyz_A3) {
  const T factor = T(-2) * *dloss / static_cast<T>(std::max(pairs.n_edges, 1));
  pair_backward(be, pairs, ClashPair<T>{xyz_A3, nearest, eps}, factor, dxyz_A3);
}

#define REGRAIN_INSTANTIATE(T)                                                                                  \
  template void mean_squared_displacement<T>(Cpu, View<const T, 2>, View<const T, 2>, T*);                      \
  template void mean_squared_displacement_backward<T>(Cpu, View<const T, 2>, View<const T, 2>, const T*,        \
                                                      View<T, 2>);                                              \
  template void edge_length_loss<T>(Cpu, GraphView, View<const T, 2>, View<const T, 2>, T, T*);                 \
  template void edge_length_loss_backward<T>(Cpu, GraphView, View<const T, 2>, View<const T, 2>, T, const T*,   \
                                             View<T, 2>);                                                       \
  template void clash_loss<T>(Cpu, GraphView, View<const T, 2>, T, T, T*);                                      \
  template void clash_loss_backward<T>(Cpu, GraphView, View<const T, 2>, T, T, const T*, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
