// The derivative of the messages between residues on the device: a block a chunk of senders and a tile of 64 channels.
//
// The senders' edges lie one behind another, so lots are full whatever a sender has; all edges of a sender are in one
// chunk and its row of db has one writer. dW is summed in registers over a chunk and goes into a table of its own, and the
// tables are added in their order.
#include "kernels/cuda/residue_messages_tensor.cuh"

namespace regrain::kernels {

namespace tile = residue_messages_tile;

namespace {

// edges of a lane and of a warp's lot
template <class T>
constexpr int kEdges = sizeof(T) == sizeof(float) ? 8 : 4;
template <class T>
constexpr int kLot = tile::kGroups* kEdges<T>;
// of rows that are read across: whole quads, neighbouring rows in different banks
template <class T>
constexpr int kPitch = kLot<T> + 4;
template <class T>
constexpr int kLotSize = kEdgeFeatures* kPitch<T>;
static_assert(kEdgeFeatures == tile::kChannels);  // gradients have as many rows as features

// Blocks a multiprocessor is to hold at the least: what shared memory allows on sm_90.
constexpr unsigned kResident = 2;
// blocks that keep a device busy without more tables of dW than need be, and senders of a chunk at the least
constexpr int kManyBlocks = 512, kFewSenders = 4;

template <class By, class T = typename By::Scalar>
constexpr std::size_t shared_bytes() {
  return sizeof(T) * (By::kWeightSize + 2 * tile::kWarps * kLotSize<T>)+sizeof(int) * tile::kWarps * kLot<T>;
}

// dmessage(row of channel, edge) = dy_i silu'(a_i + b_j + W e) for the lot of this warp, `count` edges of which exist; the
// lane of an edge has its ends
template <class By, class T>
__device__ __forceinline__ void make_gradients(const tile::Lane<By>& lane, int first_channel, int count, int i, int j,
                                               const ResidueMessages<T>& in, View<const T, 2> dy_NH, const T* features,
                                               const T* weight, T* dmessage) {
  T x[kEdges<T>][tile::kOfLane];
  REGRAIN_UNROLL
  for (int r = 0; r < kEdges<T>; ++r) {
    const int edge = By::template edge<kEdges<T>>(lane.group, r);
    const int from = __shfl_sync(kWholeWarp, j, edge);
    lane.load(in.b_NH.row(from) + first_channel, x[r]);
    const int to = __shfl_sync(kWholeWarp, i, edge);
    lane.add(in.a_NH.row(to) + first_channel, x[r]);
  }
  By::template add_product<kPitch<T>>(lane, features, weight, x);
  REGRAIN_UNROLL
  for (int r = 0; r < kEdges<T>; ++r) {
    const int edge = By::template edge<kEdges<T>>(lane.group, r), to = __shfl_sync(kWholeWarp, i, edge);
    T dy[tile::kOfLane];
    lane.load(dy_NH.row(to) + first_channel, dy);
    REGRAIN_UNROLL
    for (int c = 0; c < tile::kOfLane; ++c) x[r][c] = edge < count ? dy[c] * SwishFunction<T>::slope(x[r][c]) : T(0);
  }
  REGRAIN_UNROLL
  for (int c = 0; c < tile::kOfLane; ++c) {
    T of_channel[kEdges<T>];
    REGRAIN_UNROLL
    for (int r = 0; r < kEdges<T>; ++r) of_channel[r] = x[r][c];
    By::store_edges(lane.group, of_channel, dmessage + tile::row_of(lane, c) * kPitch<T>);
  }
}

// A channel's sum over the edges of one sender after another.
template <class T>
struct SenderSum {
  View<T, 2> db_NH;
  int channel, sender = -1;
  T sum = T(0);

  __device__ void finish() const {
    if (sender >= 0 && channel < db_NH.dim(1)) db_NH(sender, channel) += sum;
  }
  __device__ void add(int j, T x) {
    if (j != sender) {
      finish();
      sender = j;
      sum = T(0);
    }
    sum += x;
  }
};

// db(j) += sum over the edges out of j of dy_i silu'(...), and a chunk's table of dW.
// Grid: block (chunk, tile); its four warps take a lot of 32 edges each, 16 in double, in the senders' order: features an
// edge a lane, gradients as the forward kernel makes messages, both into shared memory. Then warp w sums features 16 w to
// 16 w + 15 of dW over all four lots, 32 values a lane, and thread c < 64 sums the gradients of channel c sender by
// sender.
// An edge takes 4 x 64 H operations for its two products, 30 H for the slope and 700 for its features, these once a tile;
// read are 12 H bytes of a, b and dy and 200 of geometry, from L2, and a chunk writes 256 H bytes. Limited by multiply-adds
// and the loads of shared memory for them, 16 values for 64 in the first product and 12 for 32 in the second; with tensor
// cores 22 for 12 instructions and 20 for 24.
template <class By, class T = typename By::Scalar>
__global__ void __launch_bounds__(tile::kThreads, kResident)
    residue_messages_backward_kernel(GraphView g, ResidueGeometry<T> geometry, ResidueMessages<T> in, int tiles,
                                     View<const T, 2> dy_NH, View<T, 2> db_NH, T* partial) {
  REGRAIN_DYNAMIC_SHARED(T, shared);
  const int chunk = static_cast<int>(blockIdx.x) / tiles, n_chunks = static_cast<int>(gridDim.x) / tiles;
  const int first_channel = static_cast<int>(blockIdx.x) % tiles * tile::kChannels;
  const int thread = static_cast<int>(threadIdx.x), warp = thread / 32, t = thread % 32;
  const tile::Lane<By> lane(first_channel, dy_NH.dim(1));
  T *features = shared + By::kWeightSize, *dmessage = features + tile::kWarps * kLotSize<T>;
  int* sender = reinterpret_cast<int*>(dmessage + tile::kWarps * kLotSize<T>);
  tile::load_weight<By>(in.weight_HE, first_channel, shared);

  const auto bound = [&](int c) { return g.src_offset[static_cast<long long>(g.n_src) * c / n_chunks]; };
  const int end = bound(chunk + 1);
  typename By::WeightGradient dweight;
  SenderSum<T> of_sender{db_NH, first_channel + tile::channel_of(thread % tile::kChannels)};
  for (int first = bound(chunk); first < end; first += tile::kWarps * kLot<T>) {
    const int lots = std::min(int{tile::kWarps}, (end - first + kLot<T> - 1) / kLot<T>), begin = first + warp * kLot<T>;
    __syncthreads();  // nobody reads the lots before
    if (warp < lots) {
      // lanes beyond the last edge have that one again
      const int e = g.by_src[std::min(begin + t, end - 1)], i = g.dst[e], j = g.src[e];
      T* mine = features + warp * kLotSize<T>;
      if (t < kLot<T>) {
        sender[warp * kLot<T> + t] = j;
        tile::make_features<kPitch<T>>(geometry, i, j, mine + t);
      }
      __syncwarp();
      make_gradients(lane, first_channel, std::min(int{kLot<T>}, end - begin), i, j, in, dy_NH, mine, shared,
                     dmessage + warp * kLotSize<T>);
    }
    __syncthreads();
    for (int lot = 0; lot < lots; ++lot)
      dweight.template add<kLot<T>, kPitch<T>>(warp, features + lot * kLotSize<T>, dmessage + lot * kLotSize<T>);
    if (thread < tile::kChannels)
      for (int lot = 0; lot < lots; ++lot)
        for (int e = 0; e < kLot<T>; e += 4) {
          const Four<T> d = load_four(dmessage + lot * kLotSize<T> + thread * kPitch<T> + e);
          REGRAIN_UNROLL
          for (int q = 0; q < 4; ++q) of_sender.add(sender[lot * kLot<T> + e + q], d.v[q]);
        }
  }
  if (thread < tile::kChannels) of_sender.finish();

  // (chunks, channels of all tiles, features)
  T* table = partial + (static_cast<std::size_t>(chunk) * static_cast<std::size_t>(tiles * tile::kChannels) +
                        static_cast<std::size_t>(first_channel)) * kEdgeFeatures;
  dweight.store(warp, table);
}

// dW(h, e) += sum over the chunks of partial(chunk, h, e), in order.
// Grid: block b has 32 elements, warp w sums every 8th chunk, warp 0 the warps' sums. Tables are read once: limited by
// memory, L2's for the most part.
template <class T>
__global__ void __launch_bounds__(kBlock)
    add_weight_chunks_kernel(const T* __restrict__ partial, int n_chunks, std::size_t size_of_chunk, View<T, 2> dweight_HE) {
  constexpr int kWarps = kBlock / 32;
  REGRAIN_SHARED_ARRAY(double, of_warp, kBlock);
  const int warp = static_cast<int>(threadIdx.x / 32), t = static_cast<int>(threadIdx.x % 32);
  const std::size_t at = std::size_t{blockIdx.x} * 32 + threadIdx.x % 32;
  const bool mine = at < dweight_HE.size();
  double sum = 0;
  if (mine)
    for (int chunk = warp; chunk < n_chunks; chunk += kWarps)
      sum += static_cast<double>(partial[static_cast<std::size_t>(chunk) * size_of_chunk + at]);
  of_warp[threadIdx.x] = sum;
  __syncthreads();
  if (warp > 0 || !mine) return;
  for (int w = 1; w < kWarps; ++w) sum += of_warp[w * 32 + t];
  dweight_HE.data()[at] += static_cast<T>(sum);
}

// da(i, c) += dy(i, c) slope(i, c). Grid: thread i H + c. Three values read and one written: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    receiver_gradient_kernel(const T* __restrict__ dy, const T* __restrict__ slope, T* __restrict__ da, std::size_t n) {
  const std::size_t i = thread_of_grid();
  if (i < n) da[i] += dy[i] * slope[i];
}

}  // namespace

template <class T>
void residue_messages_backward(Cuda be, GraphView g, const ResidueGeometry<T>& geometry, const ResidueMessages<T>& in,
                               View<const T, 2> slope_NH, View<const T, 2> dy_NH, const ResidueMessagesGradient<T>& grad) {
  check_residue_messages(g, geometry, in);
  tile::check_alignment<T>("residue_messages_backward", {in.a_NH.data(), in.b_NH.data(), dy_NH.data()});
  launch<receiver_gradient_kernel<T>>(be, blocks_for(dy_NH.size()), kBlock, 0, dy_NH.data(), slope_NH.data(),
                                      grad.da_NH.data(), dy_NH.size());
  const int tiles = tile::tiles_of(in.a_NH.dim(1));
  if (g.n_edges == 0 || tiles == 0) return;
  const int n_chunks = std::min(std::max(g.n_src / kFewSenders, 1), std::max(kManyBlocks / tiles, 1));
  const std::size_t size_of_chunk = static_cast<std::size_t>(tiles * tile::kChannels) * kEdgeFeatures;
  const Arena::Scope scope(*be.scratch);
  T* partial = be.scratch->allocate_array<T>(static_cast<std::size_t>(n_chunks) * size_of_chunk);
  const auto run = [&]<class By>(By) {
    launch<residue_messages_backward_kernel<By>>(be, dim3(static_cast<unsigned>(n_chunks * tiles)), tile::kThreads,
                                                 shared_bytes<By>(), g, geometry, in, tiles, dy_NH, grad.db_NH, partial);
  };
  tensor_core::multiply_by<T, tile::TensorCores, tile::MultiplyAdds<T>>(be, run);
  launch<add_weight_chunks_kernel<T>>(be, blocks_for(in.weight_HE.size(), 32), kBlock, 0, partial, n_chunks, size_of_chunk,
                                      grad.dweight_HE);
}

#define REGRAIN_INSTANTIATE(T)                                                                                      \
  template void residue_messages_backward<T>(Cuda, GraphView, const ResidueGeometry<T>&, const ResidueMessages<T>&, \
                                             View<const T, 2>, View<const T, 2>, const ResidueMessagesGradient<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
