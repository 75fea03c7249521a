// covers kernels/cuda/neighbors.cu, neighbor_rows.cuh and neighbor_cells.cuh
#include "kernels/neighbors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/context.hpp"
#include "kernels/segment.hpp"
#include "tests/simt/device_run.hpp"
#include "tests/support/random.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

constexpr NeighborSearch kSearches[] = {NeighborSearch::brute_force, NeighborSearch::cells};

template <class T>
struct NeighborsOnDevice : ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(NeighborsOnDevice, Scalars);

std::vector<int> list(const Tensor<int>& t) { return {t.begin(), t.end()}; }

template <class T>
Graph on_cpu(const Tensor<T>& x, T cutoff, const std::vector<int>& first) {
  Context context(1);
  Graph g;
  context.visit([&](auto be) {
    if constexpr (std::is_same_v<decltype(be), Cpu>) g = neighbor_graph<T>(be, x, cutoff, first, GraphOrders::both);
  });
  return g;
}

// a graph of a capacity, made on the device, and what was found
struct Made {
  DeviceGraph graph;
  NeighborCount found;
};
template <class T>
Made on_device(Cuda be, const Tensor<T>& x, T cutoff, const std::vector<int>& first, int capacity,
               NeighborSearch search, GraphOrders orders = GraphOrders::both) {
  Made made{DeviceGraph(x.dim(0), capacity, orders, device::memory()), {}};
  const Tensor<T> points = to_device(x);
  const Tensor<int> sets = to_device(Tensor<int>::from(first));
  neighbor_graph<T>(be, points, cutoff, sets, made.graph, search);
  made.found = from_device(made.graph.found)[0];
  EXPECT_EQ(be.scratch->bytes_in_use(), 0u);
  return made;
}

// Both searches in both orders of threads against the graph of the Cpu, and on demand every form of a graph; gives the
// number of edges.
template <class T>
int expect_graph_of_cpu(const Tensor<T>& x, T cutoff, const std::vector<int>& first, bool every_form = false) {
  const Graph expected = on_cpu(x, cutoff, first);
  const int edges = expected.n_edges(), n = x.dim(0);
  const auto count = static_cast<std::size_t>(edges);
  for (NeighborSearch search : kSearches) {
    SCOPED_TRACE(concat(n, " points, cutoff ", cutoff, search == NeighborSearch::cells ? ", by cells" : ", all pairs"));
    run_twice([&](Cuda be) {
      const Tensor<T> points = to_device(x);
      const Graph both = neighbor_graph<T>(be, points, cutoff, first, GraphOrders::both, search);
      EXPECT_EQ(both.n_dst, n);
      EXPECT_EQ(both.n_src, n);
      EXPECT_EQ(from_device(both.offset), list(expected.offset));
      EXPECT_EQ(from_device(both.src), list(expected.src));
      EXPECT_EQ(from_device(both.dst), list(expected.dst));
      EXPECT_EQ(from_device(both.by_src), list(expected.by_src));
      EXPECT_EQ(from_device(both.src_offset), list(expected.src_offset));
      EXPECT_EQ(be.scratch->bytes_in_use(), 0u);
      if (!every_form) return;

      const Graph one = neighbor_graph<T>(be, points, cutoff, first, GraphOrders::receivers, search);
      EXPECT_EQ(from_device(one.offset), list(expected.offset));
      EXPECT_EQ(from_device(one.src), list(expected.src));
      EXPECT_EQ(one.dst.size() + one.by_src.size() + one.src_offset.size(), 0u);
      const auto made = on_device(be, x, cutoff, first, edges + 37, search);
      EXPECT_EQ(made.found.n_edges, edges);
      EXPECT_EQ(made.found.first_not_finite, n);
      EXPECT_EQ(from_device(made.graph.offset), list(expected.offset));
      EXPECT_EQ(from_device(made.graph.dst, count), list(expected.dst));
      EXPECT_EQ(from_device(made.graph.src, count), list(expected.src));
      EXPECT_EQ(from_device(made.graph.by_src, count), list(expected.by_src));
    });
  }
  return edges;
}

TYPED_TEST(NeighborsOnDevice, SetsOfManySizes) {
  using T = TypeParam;
  for (const std::vector<int>& first :
       {std::vector<int>{0}, {0, 0}, {0, 1}, {0, 31}, {0, 32}, {0, 33}, {0, 100}, {0, 2, 2, 35, 36, 100, 100}})
    for (double cutoff : {0.3, 2.0}) {
      const auto x = random<T>({first.back(), 3}, static_cast<std::uint64_t>(first.back()) + 7, 2.0);
      expect_graph_of_cpu(x, static_cast<T>(cutoff), first, true);
    }
}

TYPED_TEST(NeighborsOnDevice, AllWithinTheCutoffAndNone) {
  const auto x = random<TypeParam>({40, 3}, 3, 2.0);
  EXPECT_EQ(expect_graph_of_cpu<TypeParam>(x, 1000, {0, 40}), 40 * 39);
  EXPECT_EQ(expect_graph_of_cpu<TypeParam>(x, 1000, {0, 15, 40}), 15 * 14 + 25 * 24);
  EXPECT_EQ(expect_graph_of_cpu<TypeParam>(x, TypeParam(1e-4), {0, 40}), 0);
}

TYPED_TEST(NeighborsOnDevice, PointsInOnePlaceAndOnCellFaces) {
  EXPECT_EQ(expect_graph_of_cpu<TypeParam>(Tensor<TypeParam>({40, 3}), 1, {0, 40}), 40 * 39);
  Tensor<TypeParam> grid({125, 3});
  for (int i = 0; i < 125; ++i) {
    grid[3 * i] = static_cast<TypeParam>(i / 25 - 2);
    grid[3 * i + 1] = static_cast<TypeParam>(i / 5 % 5 - 2);
    grid[3 * i + 2] = static_cast<TypeParam>(i % 5 - 2);
  }
  EXPECT_EQ(expect_graph_of_cpu<TypeParam>(grid, 1, {0, 125}), 6 * 25 * 4);
}

// cells of one key, cells that wrap around and cells so far out that all are one
TYPED_TEST(NeighborsOnDevice, FarFromTheOriginAndFarApart) {
  using T = TypeParam;
  for (double spread : {50.0, 5e3, 1e13}) {
    auto x = random<T>({80, 3}, 11, spread);
    for (int i = 40; i < 80; ++i)  // a companion for each
      for (int a = 0; a < 3; ++a) x[3 * i + a] = x[3 * (i - 40) + a] + static_cast<T>(0.25);
    EXPECT_GE(expect_graph_of_cpu<T>(x, T(0.5), {0, 80}), spread < 1e6 || sizeof(T) == 8 ? 80 : 0);
  }
  // a line of cells that goes round once and comes back to the key it began with
  Tensor<T> line({300, 3});
  for (int i = 0; i < 300; ++i) line[3 * i + 2] = static_cast<T>(i - 150);
  EXPECT_EQ(expect_graph_of_cpu<T>(line, 1, {0, 300}), 2 * 299);
  const T far = std::numeric_limits<T>::max() / 4;
  Tensor<T> ends({4, 3}, {far, far, far, -far, -far, -far, far, far, far, 0, 0, 0});
  EXPECT_EQ(expect_graph_of_cpu<T>(ends, 1, {0, 4}), 2);
}

TYPED_TEST(NeighborsOnDevice, PairsAtTheCutoff) {
  const auto cutoff = static_cast<TypeParam>(0.7);
  Tensor<TypeParam> line({200, 3});
  for (int i = 0; i < 200; ++i) line[3 * i] = TypeParam(1000) + static_cast<TypeParam>(i) * cutoff;
  expect_graph_of_cpu<TypeParam>(line, cutoff, {0, 200});
}

TEST(NeighborsOnDeviceLarge, TwoThousandPoints) {
  Tensor<float> x({2000, 3});
  const Rng rng{.seed = 5};
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(60 * Rng::to_unit(rng.bits(static_cast<std::uint32_t>(i))[0]));
  EXPECT_GT(expect_graph_of_cpu<float>(x, 9.f, {0, 2000}), 40000);
}

TYPED_TEST(NeighborsOnDevice, TooManyEdgesLeaveAnEmptyGraphAndTheCount) {
  using T = TypeParam;
  const auto x = random<T>({100, 3}, 9, 2.0);
  const std::vector<int> first{0, 40, 100};
  const int edges = on_cpu<T>(x, 2, first).n_edges();
  ASSERT_GT(edges, 100);
  for (NeighborSearch search : kSearches)
    for (int capacity : {0, 1, edges - 1})
      run_twice([&](Cuda be) {
        const auto made = on_device<T>(be, x, 2, first, capacity, search);
        const auto places = static_cast<std::size_t>(capacity);
        EXPECT_EQ(made.found.n_edges, edges);
        EXPECT_EQ(from_device(made.graph.offset), std::vector<int>(101, 0));
        EXPECT_EQ(from_device(made.graph.src), std::vector<int>(places, 99));
        EXPECT_EQ(from_device(made.graph.dst), std::vector<int>(places, 99));
      });
}

TYPED_TEST(NeighborsOnDevice, PlacesBehindTheLastEdgeHoldLoops) {
  for (NeighborSearch search : kSearches)
    for (GraphOrders orders : {GraphOrders::both, GraphOrders::receivers})
      run_twice([&](Cuda be) {
        const Tensor<TypeParam> x({3, 3}, {0, 0, 0, 1, 0, 0, 9, 0, 0});
        const auto made = on_device<TypeParam>(be, x, 2, {0, 3}, 5, search, orders);
        EXPECT_EQ(from_device(made.graph.offset), (std::vector<int>{0, 1, 2, 2}));
        EXPECT_EQ(from_device(made.graph.src), (std::vector<int>{1, 0, 2, 2, 2}));
        const GraphView all = made.graph.view(), exact = made.graph.view(2);
        EXPECT_EQ(all.n_edges, 5);
        EXPECT_EQ(exact.n_edges, 2);
        EXPECT_EQ(all.n_dst, 3);
        if (orders == GraphOrders::both) {
          EXPECT_EQ(from_device(made.graph.dst), (std::vector<int>{0, 1, 2, 2, 2}));
          EXPECT_EQ(from_device(made.graph.by_src), (std::vector<int>{1, 0, 2, 3, 4}));
          EXPECT_EQ(all.src_offset, all.offset);
        } else {
          EXPECT_EQ(made.graph.dst.size() + made.graph.by_src.size(), 0u);
          EXPECT_EQ(all.src_offset, nullptr);
        }
      });
  // without points there is nothing to point to
  run_twice([&](Cuda be) {
    const auto made = on_device<TypeParam>(be, Tensor<TypeParam>({0, 3}), 2, {0}, 5, NeighborSearch::cells);
    EXPECT_EQ(made.found.n_edges, 0);
    EXPECT_EQ(made.graph.view().n_edges, 0);
    EXPECT_EQ(from_device(made.graph.offset), std::vector<int>{0});
  });
}

TYPED_TEST(NeighborsOnDevice, PointsThatAreNotFiniteAreNamed) {
  using T = TypeParam;
  const std::vector<int> first{0, 10, 40};
  for (double bad : {double(NAN), double(INFINITY), -double(INFINITY)}) {
    auto x = random<T>({40, 3}, 2);
    x[3 * 14 + 1] = x[3 * 31] = static_cast<T>(bad);
    std::string expected;
    try {
      on_cpu<T>(x, 1, first);
    } catch (const Error& e) {
      expected = e.what();
    }
    ASSERT_NE(expected.find("point 4 "), std::string::npos);
    for (NeighborSearch search : kSearches)
      run_twice([&](Cuda be) {
        EXPECT_EQ(on_device<T>(be, x, 1, first, 2000, search).found.first_not_finite, 14);
        const Tensor<T> points = to_device(x);
        try {
          neighbor_graph<T>(be, points, T(1), first, GraphOrders::both, search);
          ADD_FAILURE() << "no error";
        } catch (const Error& e) {
          EXPECT_EQ(e.kind(), ErrorKind::numbers);
          EXPECT_EQ(e.what(), expected);
        }
      });
  }
}

TYPED_TEST(NeighborsOnDevice, SumsAlongItsEdgesAreThoseOfTheCpu) {
  using T = TypeParam;
  const auto x = random<T>({60, 3}, 4, 2.0);
  const std::vector<int> first{0, 25, 60};
  const auto values = random<T>({60, 5}, 6);
  const Graph g = on_cpu<T>(x, 2, first);
  Tensor<T> sums({60, 5}), back({60, 5});
  Arena scratch;
  const Cpu cpu{&scratch, 1};
  neighbor_reduce<T>(cpu, Reduce::sum, g, values, sums);
  neighbor_reduce_backward<T>(cpu, Reduce::sum, g, values, back);
  run_twice([&](Cuda be) {
    const auto made = on_device<T>(be, x, 2, first, g.n_edges() + 20, NeighborSearch::automatic);
    const Tensor<T> on = to_device(values);
    Tensor<T> sums_on({60, 5}, device::memory()), back_on = to_device(Tensor<T>({60, 5}));
    neighbor_reduce<T>(be, Reduce::sum, made.graph.view(), on, sums_on);
    neighbor_reduce_backward<T>(be, Reduce::sum, made.graph.view(), on, back_on);
    EXPECT_EQ(from_device(sums_on), std::vector<T>(sums.begin(), sums.end()));
    EXPECT_EQ(from_device(back_on), std::vector<T>(back.begin(), back.end()));
  });
}

TYPED_TEST(NeighborsOnDevice, RefusesSetsThatDontCoverThePointsAndACutoffOfNothing) {
  run_twice([](Cuda be) {
    const Tensor<TypeParam> x = to_device(random<TypeParam>({5, 3}));
    for (const std::vector<int>& first : {std::vector<int>{}, {0, 4}, {1, 5}, {0, 3, 2, 5}})
      EXPECT_THROW(neighbor_graph<TypeParam>(be, x, TypeParam(1), first, GraphOrders::both), Error);
    EXPECT_THROW(neighbor_graph<TypeParam>(be, x, TypeParam(0), std::vector<int>{0, 5}, GraphOrders::both), Error);
    DeviceGraph graph(4, 10, GraphOrders::both, device::memory());
    const Tensor<int> first = to_device(Tensor<int>::from({0, 5}));
    EXPECT_THROW(neighbor_graph<TypeParam>(be, x, TypeParam(1), first, graph), Error);
  });
}

}  // namespace
}  // namespace regrain::kernels
