// Losses on Cartesian coordinates on the device: an atom a thread, which walks its pairs in their order.
//
// The formulas are those of distance_terms.hpp. Rows are short, ten bonds or a few close atoms, and what they gather
// stays in L2: all of these kernels are limited by the latency of a row's chain of reads.
#include "kernels/distance_losses.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/sums.cuh"
#include "kernels/distance_terms.hpp"

namespace regrain::kernels {

namespace {

// few atoms are spread over many multiprocessors
constexpr unsigned kAtomBlock = 64;

// for partial_sums_kernel: coordinate i of all
template <class T>
struct SquaredDifference {
  const T *x, *target;
  __device__ double operator()(std::size_t i) const {
    const double d = static_cast<double>(x[i]) - static_cast<double>(target[i]);
    return d * d;
  }
};

// for partial_sums_kernel: the pairs of atom i with atoms of higher numbers
template <class Pair>
struct PairsOfAtom {
  GraphView pairs;
  Pair pair;
  __device__ double operator()(std::size_t i) const {
    double sum = 0;
    add_pairs_of(static_cast<int>(i), pairs, pair, sum);
    return sum;
  }
};

// dx(i) += *dloss 2 / n_atoms (x(i) - target(i)). Grid: thread i does coordinate i; three reads, one write: limited
// by memory.
template <class T>
__global__ void __launch_bounds__(kBlock) displacement_backward_kernel(const T* __restrict__ x,
                                                                       const T* __restrict__ target, const T* dloss,
                                                                       T n_atoms, T* __restrict__ dx, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) dx[i] += T(2) * *dloss / n_atoms * (x[i] - target[i]);
}

// dxyz(i,:) += what the pairs of atom i pull; `scale` makes the factor of all pairs of *dloss. Grid: thread i does
// atom i. An index and three coordinates a pair, six with a target; some 30 operations.
template <class T, class Pair>
__global__ void __launch_bounds__(kAtomBlock) pair_backward_kernel(GraphView pairs, Pair pair, T scale, const T* dloss,
                                                                   View<T, 2> dxyz_A3) {
  const std::size_t i = thread_of_grid();
  if (i >= static_cast<std::size_t>(pairs.n_dst)) return;
  const int n_pairs = pairs.offset[pairs.n_dst];
  if (n_pairs > 0) add_pair_gradients_of(static_cast<int>(i), pairs, pair, scale * *dloss / static_cast<T>(n_pairs), dxyz_A3);
}

// The mean is over the edges there are, see GraphView.
template <class T, class Pair>
void pair_mean(Cuda be, GraphView pairs, const Pair& pair, T* loss) {
  sum_over(be, static_cast<std::size_t>(pairs.n_dst), PairsOfAtom<Pair>{pairs, pair}, 2.0, loss, pairs.offset + pairs.n_dst);
}

template <class T, class Pair>
void pair_backward(Cuda be, GraphView pairs, const Pair& pair, T scale, const T* dloss, View<T, 2> dxyz_A3) {
  if (pairs.n_edges == 0) return;
  launch<pair_backward_kernel<T, Pair>>(be, blocks_for(static_cast<std::size_t>(pairs.n_dst), kAtomBlock), kAtomBlock, 0,
                                        pairs, pair, scale, dloss, dxyz_A3);
}

}  // namespace

template <class T>
void mean_squared_displacement(Cuda be, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T* loss) {
  check_displacement(xyz_A3, target_A3);
  sum_over(be, xyz_A3.size(), SquaredDifference<T>{xyz_A3.data(), target_A3.data()}, 1.0 / std::max(xyz_A3.dim(0), 1),
           loss);
}

template <class T>
void mean_squared_displacement_backward(Cuda be, View<const T, 2> xyz_A3, View<const T, 2> target_A3, const T* dloss,
                                        View<T, 2> dxyz_A3) {
  launch<displacement_backward_kernel<T>>(be, blocks_for(xyz_A3.size()), kBlock, 0, xyz_A3.data(), target_A3.data(),
                                          dloss, static_cast<T>(xyz_A3.dim(0)), dxyz_A3.data(), xyz_A3.size());
}

template <class T>
void edge_length_loss(Cuda be, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps, T* loss) {
  check_pairs("edge_length_loss", pairs, xyz_A3);
  check_pairs("edge_length_loss", pairs, target_A3);
  pair_mean(be, pairs, LengthPair<T>{xyz_A3, target_A3, eps}, loss);
}

template <class T>
void edge_length_loss_backward(Cuda be, GraphView pairs, View<const T, 2> xyz_A3, View<const T, 2> target_A3, T eps,
                               const T* dloss, View<T, 2> dxyz_A3) {
  // a pair stands twice among the edges
  pair_backward(be, pairs, LengthPair<T>{xyz_A3, target_A3, eps}, T(4), dloss, dxyz_A3);
}

template <class T>
void clash_loss(Cuda be, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, T* loss) {
  check_pairs("clash_loss", pairs, xyz_A3);
  pair_mean(be, pairs, ClashPair<T>{xyz_A3, nearest, eps}, loss);
}

template <class T>
void clash_loss_backward(Cuda be, GraphView pairs, View<const T, 2> xyz_A3, T nearest, T eps, const T* dloss,
                         View<T, 2> dxyz_A3) {
  pair_backward(be, pairs, ClashPair<T>{xyz_A3, nearest, eps}, T(-2), dloss, dxyz_A3);
}

#define REGRAIN_INSTANTIATE(T)                                                                                  \
  template void mean_squared_displacement<T>(Cuda, View<const T, 2>, View<const T, 2>, T*);                     \
  template void mean_squared_displacement_backward<T>(Cuda, View<const T, 2>, View<const T, 2>, const T*,       \
                                                      View<T, 2>);                                              \
  template void edge_length_loss<T>(Cuda, GraphView, View<const T, 2>, View<const T, 2>, T, T*);                \
  template void edge_length_loss_backward<T>(Cuda, GraphView, View<const T, 2>, View<const T, 2>, T, const T*,  \
                                             View<T, 2>);                                                       \
  template void clash_loss<T>(Cuda, GraphView, View<const T, 2>, T, T, T*);                                     \
  template void clash_loss_backward<T>(Cuda, GraphView, View<const T, 2>, T, T, const T*, View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
