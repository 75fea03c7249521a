// Messages between residues on the device: a warp a receiver and a tile of 64 channels.
//
// The tile of the weight stays in shared memory while a block's warps walk receivers; nothing of an edge leaves the
// warp. A receiver's sums have one writer: they stay in the registers of its warp until its last edge.
#include "kernels/cuda/residue_messages_tensor.cuh"

namespace regrain::kernels {

namespace tile = residue_messages_tile;

namespace {

// The 24 neighbours a residue has as a rule are one lot: 6 edges of a lane.
constexpr int kEdges = 6, kLot = tile::kGroups * kEdges;
// Blocks a multiprocessor is to hold at the least: the most for which no register spills.
template <class By>
constexpr unsigned kResident = 4;
template <>
constexpr unsigned kResident<tile::MultiplyAdds<double>> = 2;
template <>
constexpr unsigned kResident<tile::TensorCores> = 3;
// blocks that keep a device busy; more receivers are taken by warps in turn
constexpr int kManyBlocks = 2048;

template <class By>
constexpr std::size_t shared_bytes() {
  return sizeof(typename By::Scalar) * (By::kWeightSize + tile::kWarps * kEdgeFeatures * kLot);
}

// y(i, c) = sum over the edges into i of silu(a_i + b_j + W e), slope(i, c) the same of silu'.
// Grid: block (part, tile); its warps take the receivers of the part in turn, in lots of 24 edges. Features are made an
// edge a lane; a group of 8 lanes has 6 edges of the lot, lane l of it channels 4 l to 4 l + 3 and 32 further ones. In the end the four groups' sums are added.
// An edge takes 2 x 64 H operations for its product, 25 H for silu, 35 with its slope, and 700 for its features, these
// once a tile; read are 4 H bytes of b and 100 of the sender's geometry, from L2, a receiver 4 H of a and written 8 H.
// That is 30 operations a byte of L2: limited by multiply-adds and the loads of shared memory for them, 14 values for 48. With
// tensor cores 9 instructions and 20 values take the place of 192 multiply-adds and 56 values.
template <class By, bool with_slope, class T = typename By::Scalar>
__global__ void __launch_bounds__(tile::kThreads, kResident<By>)
    residue_messages_kernel(GraphView g, ResidueGeometry<T> geometry, ResidueMessages<T> in, int tiles, View<T, 2> y_NH,
                            View<T, 2> slope_NH) {
  REGRAIN_DYNAMIC_SHARED(T, shared);
  const int block = static_cast<int>(blockIdx.x), first_channel = block % tiles * tile::kChannels;
  const int warp = static_cast<int>(threadIdx.x / 32), t = static_cast<int>(threadIdx.x % 32);
  const int stride = static_cast<int>(gridDim.x) / tiles * tile::kWarps;
  const tile::Lane<By> lane(first_channel, y_NH.dim(1));
  T* features = shared + By::kWeightSize + warp * kEdgeFeatures * kLot;
  tile::load_weight<By>(in.weight_HE, first_channel, shared);
  __syncthreads();
  for (int i = block / tiles * tile::kWarps + warp; i < g.n_dst; i += stride) {
    T y[tile::kOfLane] = {}, slope[tile::kOfLane] = {};
    const int end = g.offset[i + 1];
    for (int begin = g.offset[i]; begin < end; begin += kLot) {
      // lanes beyond the last edge have that one again
      const int count = std::min(int{kLot}, end - begin), j = g.src[begin + std::min(t, count - 1)];
      __syncwarp();  // nobody reads the lot before
      if (t < kLot) tile::make_features<kLot>(geometry, i, j, features + t);
      __syncwarp();
      T x[kEdges][tile::kOfLane];
      REGRAIN_UNROLL
      for (int r = 0; r < kEdges; ++r) {
        const int from = __shfl_sync(kWholeWarp, j, By::template edge<kEdges>(lane.group, r));
        lane.load(in.b_NH.row(from) + first_channel, x[r]);
      }
      T a[tile::kOfLane];
      lane.load(in.a_NH.row(i) + first_channel, a);
      REGRAIN_UNROLL
      for (int r = 0; r < kEdges; ++r) {
        REGRAIN_UNROLL
        for (int c = 0; c < tile::kOfLane; ++c) x[r][c] += a[c];
      }
      By::template add_product<kLot>(lane, features, shared, x);
      REGRAIN_UNROLL
      for (int r = 0; r < kEdges; ++r) {
        const bool counts = By::template edge<kEdges>(lane.group, r) < count;
        REGRAIN_UNROLL
        for (int c = 0; c < tile::kOfLane; ++c) {
          const T v = x[r][c], s = sigmoid(v);
          y[c] += counts ? v * s : T(0);
          if constexpr (with_slope) slope[c] += counts ? s * (T(1) + v * (T(1) - s)) : T(0);
        }
      }
    }
    REGRAIN_UNROLL
    for (int step = By::kGroupStep; step <= 2 * By::kGroupStep; step *= 2) {
      REGRAIN_UNROLL
      for (int c = 0; c < tile::kOfLane; ++c) {
        y[c] += __shfl_xor_sync(kWholeWarp, y[c], step);
        if constexpr (with_slope) slope[c] += __shfl_xor_sync(kWholeWarp, slope[c], step);
      }
    }
    if (lane.group == 0) lane.store(y, y_NH.row(i) + first_channel);
    if (with_slope && lane.group == 1) lane.store(slope, slope_NH.row(i) + first_channel);
  }
}

}  // namespace

template <class T>
void residue_messages(Cuda be, GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in, View<T, 2> y_NH,
                      View<T, 2> slope_NH) {
  check_residue_messages(g, geometry, in);
  tile::check_alignment<T>("residue_messages", {in.a_NH.data(), in.b_NH.data(), y_NH.data(), slope_NH.data()});
  const int n = g.n_dst, tiles = tile::tiles_of(in.a_NH.dim(1));
  if (n == 0 || tiles == 0) return;
  // every warp gets as many receivers as another, but for one
  const int most = std::max(kManyBlocks / tiles, 1) * tile::kWarps, rounds = (n + most - 1) / most,
            parts = (n + rounds * tile::kWarps - 1) / (rounds * tile::kWarps);
  const dim3 blocks = blocks_for(static_cast<std::size_t>(parts) * static_cast<std::size_t>(tiles), 1);
  const auto run = [&]<class By>(By) {
    if (slope_NH.data())
      launch<residue_messages_kernel<By, true>>(be, blocks, tile::kThreads, shared_bytes<By>(), g, geometry, in, tiles, y_NH, slope_NH);
    else
      launch<residue_messages_kernel<By, false>>(be, blocks, tile::kThreads, shared_bytes<By>(), g, geometry, in, tiles, y_NH, slope_NH);
  };
  tensor_core::multiply_by<T, tile::TensorCores, tile::MultiplyAdds<T>>(be, run);
}

#define REGRAIN_INSTANTIATE(T)                                                                                         \
  template void residue_messages<T>(Cuda, GraphView, const ResidueGeometry<T>&, const ResidueMessages<T>&, View<T, 2>, \
                                    View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
