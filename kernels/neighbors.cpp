#include "kernels/neighbors.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <new>
#include <numeric>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

using Pairs = std::vector<std::pair<int, int>>;

template <class T>
bool within(const T* a, const T* b, T cutoff) {
  const T x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
  return std::sqrt(x * x + y * y + z * z) <= cutoff;
}

// find(i, out) appends the j > i of row i in ascending order; rows run in parallel and are joined
// in order.
template <class F>
Pairs collect_rows(Cpu be, int n, double work, F find) {
  std::vector<std::vector<int>> rows(static_cast<std::size_t>(n));
  std::atomic<bool> out_of_memory = false;  // nothing may be thrown out of a parallel loop
  parallel_for_ragged(be, n, work, [&](int i) {
    try {
      find(i, rows[static_cast<std::size_t>(i)]);
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
    }
  });
  if (out_of_memory) fail(ErrorKind::device, "neighbor list: out of memory for ", n, " points; take a smaller cutoff");
  Pairs pairs;
  std::size_t total = 0;
  for (const auto& row : rows) total += row.size();
  pairs.reserve(total);
  for (int i = 0; i < n; ++i)
    for (int j : rows[static_cast<std::size_t>(i)]) pairs.emplace_back(i, j);
  return pairs;
}

template <class T>
Pairs by_all_pairs(Cpu be, View<const T, 2> x, T cutoff) {
  const int n = x.dim(0);
  return collect_rows(be, n, 4.0 * n * n, [&](int i, std::vector<int>& out) {
    for (int j = i + 1; j < n; ++j)
      if (within(x.row(i), x.row(j), cutoff)) out.push_back(j);
  });
}

// A grid over the bounding box, of cells a little wider than the cutoff, so that rounding puts no
// neighbours two cells apart; at most a few cells per point however far apart the points are.
template <class T>
struct CellGrid {
  std::array<T, 3> low{}, width{};
  std::array<int, 3> n{1, 1, 1};
  std::vector<int> start, member;

  CellGrid(View<const T, 2> x, T cutoff) {
    const int points = x.dim(0);
    std::array<T, 3> high;
    for (int a = 0; a < 3; ++a) {
      low[a] = high[a] = x(0, a);
      for (int i = 1; i < points; ++i) {
        low[a] = std::min(low[a], x(i, a));
        high[a] = std::max(high[a], x(i, a));
      }
    }
    const double most_per_axis = std::max(1.0, std::cbrt(4.0 * points));
    for (int a = 0; a < 3; ++a) {
      const double extent = double(high[a]) - double(low[a]);
      n[a] = static_cast<int>(std::clamp(std::floor(extent / (1.0001 * double(cutoff))), 1.0, most_per_axis));
      // a hair wider, so that the highest point falls inside the last cell
      width[a] = std::max(static_cast<T>(extent / n[a] * (1 + 1e-6)), cutoff);
    }
    std::vector<int> cell(static_cast<std::size_t>(points));
    start.assign(static_cast<std::size_t>(n[0]) * n[1] * n[2] + 1, 0);
    for (int i = 0; i < points; ++i) {
      const auto c = cell_of(x.row(i));
      cell[i] = index(c[0], c[1], c[2]);
      ++start[cell[i] + 1];
    }
    std::partial_sum(start.begin(), start.end(), start.begin());
    member.resize(static_cast<std::size_t>(points));
    std::vector<int> next(start.begin(), start.end() - 1);
    for (int i = 0; i < points; ++i) member[next[cell[i]]++] = i;
  }
  std::array<int, 3> cell_of(const T* p) const {
    std::array<int, 3> c;
    for (int a = 0; a < 3; ++a) c[a] = std::clamp(static_cast<int>((p[a] - low[a]) / width[a]), 0, n[a] - 1);
    return c;
  }
  int index(int cx, int cy, int cz) const { return (cx * n[1] + cy) * n[2] + cz; }
};

template <class T>
Pairs by_cells(Cpu be, View<const T, 2> x, T cutoff) {
  const int n = x.dim(0);
  if (n == 0) return {};
  const CellGrid<T> grid(x, cutoff);
  return collect_rows(be, n, 500.0 * n, [&](int i, std::vector<int>& out) {
    const auto c = grid.cell_of(x.row(i));
    for (int cx = std::max(c[0] - 1, 0); cx <= std::min(c[0] + 1, grid.n[0] - 1); ++cx)
      for (int cy = std::max(c[1] - 1, 0); cy <= std::min(c[1] + 1, grid.n[1] - 1); ++cy)
        for (int cz = std::max(c[2] - 1, 0); cz <= std::min(c[2] + 1, grid.n[2] - 1); ++cz) {
          const int cell = grid.index(cx, cy, cz);
          for (int m = grid.start[cell]; m < grid.start[cell + 1]; ++m) {
            const int j = grid.member[m];
            if (j > i && within(x.row(i), x.row(j), cutoff)) out.push_back(j);
          }
        }
    std::sort(out.begin(), out.end());
  });
}

// below this many points all pairs are as quick as building a grid
constexpr int kFewPoints = 200;

}  // namespace

template <class T>
std::vector<std::pair<int, int>> neighbor_pairs(Cpu be, View<const T, 2> x_N3, T cutoff, NeighborSearch search) {
  REGRAIN_CHECK(x_N3.dim(1) == 3 && cutoff > 0, "neighbor_pairs: points of ", x_N3.dim(1), " coordinates, cutoff ", cutoff);
  for (int i = 0; i < x_N3.dim(0); ++i)
    for (int a = 0; a < 3; ++a)
      if (!std::isfinite(x_N3(i, a))) fail(ErrorKind::numbers, "neighbor list: coordinate of point ", i, " is not finite");
  if (search == NeighborSearch::automatic)
    search = x_N3.dim(0) <= kFewPoints ? NeighborSearch::brute_force : NeighborSearch::cells;
  return search == NeighborSearch::brute_force ? by_all_pairs(be, x_N3, cutoff) : by_cells(be, x_N3, cutoff);
}

template std::vector<std::pair<int, int>> neighbor_pairs<float>(Cpu, View<const float, 2>, float, NeighborSearch);
template std::vector<std::pair<int, int>> neighbor_pairs<double>(Cpu, View<const double, 2>, double, NeighborSearch);

}  // namespace regrain::kernels
