// Neighbour graphs on the device, with the bits of the CPU's.
//
// Rows are counted, the counts summed up, and rows written where their sums say: no atomics on edges, one writer a row.
// A point has its neighbours either way, so the sums are offsets of receivers and of senders, and the opposite of an
// edge is found by bisection of its sender's row.
#include "kernels/neighbors.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include "engine/device.hpp"
#include "kernels/cuda/neighbor_cells.cuh"
#include "kernels/cuda/neighbor_rows.cuh"
#include "kernels/cuda/sort_scan.hpp"

namespace regrain::kernels {

namespace {

// Sets of up to this many points, in the mean, are searched by all pairs. Counted, not measured: 20 instructions for 32
// candidates of 8192 points keep 132 multiprocessors busy for as long as the ten launches that sort them into cells.
constexpr int kFewPoints = 8192;

// Arrays of a graph in device memory; dst and by_src are null where nobody asks for them.
struct GraphArrays {
  int capacity;
  int *offset_N1, *src_E, *dst_E, *by_src_E;
};

// A search whose rows are counted: before(i) edges go to points below i.
template <class T>
struct Search {
  View<const T, 2> x_N3;
  T cutoff;
  View<const int, 1> first_of_set_G1;
  bool by_cells;
  CellLists<T> lists;
  View<long long, 1> before_N1;
};

// What counting can't do without. Grid: one thread.
__global__ void __launch_bounds__(32) begin_search_kernel(int n, View<long long, 1> size_N1, NeighborCount* found) {
  if (threadIdx.x != 0) return;
  size_N1(n) = 0;
  found->first_not_finite = n;
}

// offset(i) = before(i), or 0 where edges are more than the capacity. Grid: thread i <= n. 8 bytes read, 4 written:
// limited by memory.
__global__ void __launch_bounds__(kBlock) place_rows_kernel(View<const long long, 1> before_N1, int capacity,
                                                            int* offset_N1, NeighborCount* found) {
  if (thread_of_grid() >= before_N1.size()) return;
  const int i = static_cast<int>(thread_of_grid()), n = before_N1.dim(0) - 1;
  const long long n_edges = before_N1(n);
  offset_N1[i] = n_edges <= capacity ? static_cast<int>(before_N1(i)) : 0;
  if (i == n) found->n_edges = n_edges;
}

// by_src(e) = the opposite of edge e: as every edge has one, those out of a point are the opposites of those into it.
// Places behind the last edge get loops of the last point. Grid: thread e < capacity writes place e.
// 8 bytes read and 4 written an edge, and log2 of a row's length loads of the sender's row from L2 or L1.
__global__ void __launch_bounds__(kBlock) finish_edges_kernel(int n, GraphArrays graph) {
  if (thread_of_grid() >= static_cast<std::size_t>(graph.capacity)) return;
  const int e = static_cast<int>(thread_of_grid());
  if (e >= graph.offset_N1[n]) {
    graph.src_E[e] = n - 1;
    if (graph.dst_E) graph.dst_E[e] = n - 1;
    if (graph.by_src_E) graph.by_src_E[e] = e;
  } else if (graph.by_src_E) {
    const int src = graph.src_E[e];
    graph.by_src_E[e] = first_at_least(graph.src_E, graph.offset_N1[src], graph.offset_N1[src + 1], graph.dst_E[e]);
  }
}

// Counts the rows, in scratch.
template <class T>
Search<T> count_rows(Cuda be, View<const T, 2> x_N3, T cutoff, View<const int, 1> first_of_set_G1, NeighborSearch how,
                     NeighborCount* found) {
  REGRAIN_CHECK(x_N3.dim(1) == 3 && cutoff > 0, "neighbor list: points of ", x_N3.dim(1), " coordinates, cutoff ",
                cutoff);
  const int n = x_N3.dim(0), n_sets = first_of_set_G1.dim(0) - 1;
  REGRAIN_CHECK(n == 0 || n_sets > 0, "neighbor graph: ", n, " points in no set");
  if (how == NeighborSearch::automatic)
    how = n <= static_cast<long long>(kFewPoints) * n_sets ? NeighborSearch::brute_force : NeighborSearch::cells;
  auto* const size = be.scratch->allocate_array<long long>(static_cast<std::size_t>(n) + 1);
  Search<T> search{x_N3, cutoff, first_of_set_G1, how == NeighborSearch::cells, {}, {size, {n + 1}}};
  const dim3 a_warp_a_point = blocks_for(static_cast<std::size_t>(n) * 32);
  launch<begin_search_kernel>(be, 1, 32, 0, n, search.before_N1, found);
  if (search.by_cells) {
    search.lists = sort_into_cells(be, x_N3, cutoff, first_of_set_G1);
    launch<count_in_cells_kernel<T>>(be, a_warp_a_point, kBlock, 0, search.lists, cutoff, size, found);
  } else {
    launch<count_in_set_kernel<T>>(be, a_warp_a_point, kBlock, 0, x_N3, cutoff, first_of_set_G1, size, found);
  }
  exclusive_sum(be, search.before_N1);
  return search;
}

template <class T>
void write_rows(Cuda be, const Search<T>& search, GraphArrays graph, NeighborCount* found) {
  const int n = search.x_N3.dim(0);
  launch<place_rows_kernel>(be, blocks_for(search.before_N1.size()), kBlock, 0, search.before_N1, graph.capacity,
                            graph.offset_N1, found);
  if (n == 0) return;
  const dim3 a_warp_a_point = blocks_for(static_cast<std::size_t>(n) * 32);
  const EdgeRows rows{graph.offset_N1, graph.src_E, graph.dst_E};
  if (search.by_cells) {
    auto* const unsorted = be.scratch->allocate_array<int>(static_cast<std::size_t>(graph.capacity));
    launch<write_in_cells_kernel<T>>(be, a_warp_a_point, kBlock, 0, search.lists, search.cutoff, unsorted, rows);
  } else {
    launch<write_in_set_kernel<T>>(be, a_warp_a_point, kBlock, 0, search.x_N3, search.cutoff, search.first_of_set_G1,
                                   rows);
  }
  launch<finish_edges_kernel>(be, blocks_for(static_cast<std::size_t>(graph.capacity)), kBlock, 0, n, graph);
}

// Throws what the Cpu overload throws.
void check_found(int first_not_finite, long long n_edges, const std::vector<int>& first_of_set) {
  const int n = first_of_set.back();
  if (first_not_finite < n) {
    const int first = *(std::upper_bound(first_of_set.begin(), first_of_set.end(), first_not_finite) - 1);
    fail(ErrorKind::numbers, "neighbor list: coordinate of point ", first_not_finite - first, " is not finite");
  }
  if (n_edges > std::numeric_limits<int>::max())
    fail(ErrorKind::device, "neighbor graph: ", n_edges / 2, " pairs of ", n,
         " points are too many; take fewer points or a smaller cutoff");
}

}  // namespace

template <class T>
void neighbor_graph(Cuda be, View<const T, 2> x_N3, T cutoff, View<const int, 1> first_of_set_G1, DeviceGraph& graph,
                    NeighborSearch search) {
  REGRAIN_CHECK(x_N3.dim(0) == graph.n, "neighbor graph: ", x_N3.dim(0), " points for a graph of ", graph.n);
  const Arena::Scope scope(*be.scratch);
  NeighborCount* const found = graph.found.data();
  const Search<T> counted = count_rows(be, x_N3, cutoff, first_of_set_G1, search, found);
  write_rows(be, counted,
             {graph.capacity, graph.offset.data(), graph.src.data(), graph.dst.data(), graph.by_src.data()}, found);
}

template <class T>
Graph neighbor_graph(Cuda be, View<const T, 2> x_N3, T cutoff, const std::vector<int>& first_of_set, GraphOrders orders,
                     NeighborSearch search) {
  const int n = x_N3.dim(0);
  check_sets(first_of_set, n);
  const Arena::Scope scope(*be.scratch);
  auto* const first = be.scratch->allocate_array<int>(first_of_set.size());
  device::copy_to_device(first, first_of_set.data(), first_of_set.size() * sizeof(int), be.stream);
  auto* const found = be.scratch->allocate_array<NeighborCount>(1);
  const View<const int, 1> first_of_set_G1(first, {static_cast<int>(first_of_set.size())});
  const Search<T> counted = count_rows(be, x_N3, cutoff, first_of_set_G1, search, found);

  int first_not_finite = 0;
  long long n_edges = 0;
  device::copy_to_host(&first_not_finite, &found->first_not_finite, sizeof(int), be.stream);
  device::copy_to_host(&n_edges, counted.before_N1.data() + n, sizeof(long long), be.stream);
  device::synchronise(be.stream);
  check_found(first_not_finite, n_edges, first_of_set);

  const bool both = orders == GraphOrders::both;
  const auto edges = static_cast<int>(n_edges);
  const auto make = [&](int size) { return Tensor<int>({size}, device::memory()); };
  Graph g;
  g.n_dst = g.n_src = n;
  try {
    g.offset = make(n + 1);
    g.src = make(edges);
    if (both) {
      g.dst = make(edges);
      g.by_src = make(edges);
      g.src_offset = make(n + 1);
    }
  } catch (const OutOfMemory&) {
    fail(ErrorKind::device, "neighbor graph: no device memory for ", n_edges, " edges of ", n,
         " points; take a smaller cutoff or fewer points");
  }
  write_rows(be, counted, {edges, g.offset.data(), g.src.data(), g.dst.data(), g.by_src.data()}, found);
  if (both) device::copy_on_device(g.src_offset.data(), g.offset.data(), g.offset.size() * sizeof(int), be.stream);
  return g;
}

#define REGRAIN_INSTANTIATE(T)                                                                                         \
  template void neighbor_graph<T>(Cuda, View<const T, 2>, T, View<const int, 1>, DeviceGraph&, NeighborSearch);        \
  template Graph neighbor_graph<T>(Cuda, View<const T, 2>, T, const std::vector<int>&, GraphOrders, NeighborSearch);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
