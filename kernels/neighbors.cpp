#include "kernels/neighbors.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <new>
#include <numeric>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/within_cutoff.hpp"

namespace regrain::kernels {

namespace {

// The largest square whose root is within the cutoff, so that squares compare as their roots would.
template <class T>
T square_of(T cutoff) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  if (cutoff == infinity) return infinity;
  T square = cutoff * cutoff;
  while (std::sqrt(square) > cutoff) square = std::nextafter(square, T(0));
  while (std::sqrt(std::nextafter(square, infinity)) <= cutoff) square = std::nextafter(square, infinity);
  return square;
}

// The neighbours of some rows, one row after another, with room for candidates: whether one counts is then no
// branch, which no processor could foresee.
class Lot {
 public:
  // The indices first + k or, if given, index[k] of n candidates of the row at hand for which counts(k, index).
  template <class F>
  void add(int n, int first, const int* index, F counts) {
    if (found_.size() < end_ + static_cast<std::size_t>(n)) found_.resize(2 * end_ + static_cast<std::size_t>(n));
    int* to = found_.data() + end_;
    for (int k = 0; k < n; ++k) {
      const int j = index ? index[k] : first + k;
      *to = j;
      to += counts(k, j);
    }
    end_ = static_cast<std::size_t>(to - found_.data());
  }
  void sort_row() { std::sort(found_.data() + row_, found_.data() + end_); }
  void end_row() {
    size_.push_back(static_cast<int>(end_ - row_));
    row_ = end_;
  }
  // No row follows: gives the room for candidates back.
  void close() {
    found_.resize(end_);
    found_.shrink_to_fit();
  }

  std::size_t size() const { return end_; }
  // f(row, j) in order
  template <class F>
  void for_each_pair(int first_row, F f) const {
    const int* j = found_.data();
    for (std::size_t r = 0; r < size_.size(); ++r)
      for (const int* end = j + size_[r]; j < end; ++j) f(first_row + static_cast<int>(r), *j);
  }

 private:
  std::vector<int> found_, size_;  // size_ of each row that is complete
  std::size_t row_ = 0, end_ = 0;  // of the row at hand
};

// The neighbours j > i of every point i in ascending order, in lots of rows: an array a row would be twice as much
// memory, and one for all can't be filled by several threads.
constexpr int kLot = 64;
using Rows = std::vector<Lot>;

// f(i, j) in order
template <class F>
void for_each_pair(const Rows& rows, F f) {
  for (std::size_t l = 0; l < rows.size(); ++l) rows[l].for_each_pair(static_cast<int>(l) * kLot, f);
}

std::size_t count_pairs(const Rows& rows) {
  std::size_t total = 0;
  for (const Lot& lot : rows) total += lot.size();
  return total;
}

// find(i, lot) adds the j > i of row i in ascending order; lots of rows run in parallel.
template <class F>
Rows collect_rows(Cpu be, int n, double work, F find) {
  Rows rows(static_cast<std::size_t>((n + kLot - 1) / kLot));
  std::atomic<bool> out_of_memory = false;  // nothing may be thrown out of a parallel loop
  parallel_for(be, static_cast<int>(rows.size()), work, [&](int l) {
    try {
      Lot& lot = rows[static_cast<std::size_t>(l)];
      for (int i = l * kLot; i < std::min(n, (l + 1) * kLot); ++i) {
        find(i, lot);
        lot.end_row();
      }
      lot.close();
    } catch (const std::bad_alloc&) {
      out_of_memory = true;
    }
  });
  if (out_of_memory) fail(ErrorKind::device, "neighbor list: out of memory for ", n, " points; take a smaller cutoff");
  return rows;
}

template <class T>
struct Point {
  T x, y, z;

  explicit Point(const T* p) : x(p[0]), y(p[1]), z(p[2]) {}
  bool within(const T* p, T square) const {
    return squared_length(x - p[0], y - p[1], z - p[2]) <= square;
  }
};

template <class T>
Rows by_all_pairs(Cpu be, View<const T, 2> x, T cutoff) {
  const int n = x.dim(0);
  const T square = square_of(cutoff);
  return collect_rows(be, n, 4.0 * n * n, [&](int i, Lot& lot) {
    const Point<T> here(x.row(i));
    const T* others = x.row(i + 1);
    lot.add(n - i - 1, i + 1, nullptr,
            [=](int k, int) { return here.within(others + 3 * static_cast<std::ptrdiff_t>(k), square); });
  });
}

// A grid over the bounding box, of cells a little wider than the cutoff, so that rounding puts no
// neighbours two cells apart; at most a few cells per point however far apart the points are.
template <class T>
struct CellGrid {
  std::array<T, 3> low{}, width{};
  std::array<int, 3> n{1, 1, 1};
  std::vector<int> start, member;
  std::vector<T> xyz;  // of the members

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
    xyz.reserve(3 * member.size());
    for (int i : member) xyz.insert(xyz.end(), x.row(i), x.row(i) + 3);
  }
  std::array<int, 3> cell_of(const T* p) const {
    std::array<int, 3> c;
    for (int a = 0; a < 3; ++a) c[a] = std::clamp(static_cast<int>((p[a] - low[a]) / width[a]), 0, n[a] - 1);
    return c;
  }
  int index(int cx, int cy, int cz) const { return (cx * n[1] + cy) * n[2] + cz; }
};

template <class T>
Rows by_cells(Cpu be, View<const T, 2> x, T cutoff) {
  const int n = x.dim(0);
  if (n == 0) return {};
  const CellGrid<T> grid(x, cutoff);
  const T square = square_of(cutoff);
  return collect_rows(be, n, 500.0 * n, [&](int i, Lot& lot) {
    const Point<T> here(x.row(i));
    const auto c = grid.cell_of(x.row(i));
    for (int cx = std::max(c[0] - 1, 0); cx <= std::min(c[0] + 1, grid.n[0] - 1); ++cx)
      for (int cy = std::max(c[1] - 1, 0); cy <= std::min(c[1] + 1, grid.n[1] - 1); ++cy) {
        // cells along z follow each other
        const int first = grid.start[grid.index(cx, cy, std::max(c[2] - 1, 0))];
        const int last = grid.start[grid.index(cx, cy, std::min(c[2] + 1, grid.n[2] - 1)) + 1];
        const T* others = grid.xyz.data() + std::ptrdiff_t{3} * first;
        lot.add(last - first, 0, grid.member.data() + first,
                [=](int k, int j) {
                  return (j > i) & here.within(others + 3 * static_cast<std::ptrdiff_t>(k), square);
                });
      }
    lot.sort_row();
  });
}

// below this many points all pairs are as quick as building a grid
constexpr int kFewPoints = 200;

template <class T>
Rows find_rows(Cpu be, View<const T, 2> x, T cutoff, NeighborSearch search) {
  REGRAIN_CHECK(x.dim(1) == 3 && cutoff > 0, "neighbor list: points of ", x.dim(1), " coordinates, cutoff ", cutoff);
  for (int i = 0; i < x.dim(0); ++i)
    for (int a = 0; a < 3; ++a)
      if (!std::isfinite(x(i, a))) fail(ErrorKind::numbers, "neighbor list: coordinate of point ", i, " is not finite");
  if (search == NeighborSearch::automatic)
    search = x.dim(0) <= kFewPoints ? NeighborSearch::brute_force : NeighborSearch::cells;
  return search == NeighborSearch::brute_force ? by_all_pairs(be, x, cutoff) : by_cells(be, x, cutoff);
}

}  // namespace

template <class T>
std::vector<std::pair<int, int>> neighbor_pairs(Cpu be, View<const T, 2> x_N3, T cutoff, NeighborSearch search) {
  const Rows rows = find_rows(be, x_N3, cutoff, search);
  std::vector<std::pair<int, int>> pairs;
  pairs.reserve(count_pairs(rows));
  for_each_pair(rows, [&](int i, int j) { pairs.emplace_back(i, j); });
  return pairs;
}

void check_sets(const std::vector<int>& first_of_set, int n_points) {
  REGRAIN_CHECK(!first_of_set.empty() && first_of_set.front() == 0 && first_of_set.back() == n_points &&
                    std::is_sorted(first_of_set.begin(), first_of_set.end()),
                "neighbor graph: sets don't cover ", n_points, " points");
}

template <class T>
Graph neighbor_graph(Cpu be, View<const T, 2> x_N3, T cutoff, const std::vector<int>& first_of_set, GraphOrders orders,
                     NeighborSearch search) {
  const int n = x_N3.dim(0), n_sets = static_cast<int>(first_of_set.size()) - 1;
  check_sets(first_of_set, n);
  std::vector<Rows> sets;
  std::size_t n_pairs = 0;
  for (int f = 0; f < n_sets; ++f) {
    sets.push_back(find_rows(
        be, View<const T, 2>(x_N3.row(first_of_set[f]), {first_of_set[f + 1] - first_of_set[f], 3}), cutoff, search));
    n_pairs += count_pairs(sets.back());
  }
  if (n_pairs > std::numeric_limits<int>::max() / 2)
    fail(ErrorKind::device, "neighbor graph: ", n_pairs, " pairs of ", n,
         " points are too many; take fewer points or a smaller cutoff");
  const auto for_pairs = [&](auto f) {
    for (int s = 0; s < n_sets; ++s)
      for_each_pair(sets[s], [&, first = first_of_set[s]](int i, int j) { f(first + i, first + j); });
  };

  Graph g;
  g.n_dst = g.n_src = n;
  g.offset = Tensor<int>({n + 1});
  for_pairs([&](int i, int j) { ++g.offset[i + 1], ++g.offset[j + 1]; });
  std::partial_sum(g.offset.begin(), g.offset.end(), g.offset.begin());
  g.src = Tensor<int>({static_cast<int>(2 * n_pairs)});
  // a point meets its lower neighbours first, in ascending order, then its higher ones
  std::vector<int> next(g.offset.begin(), g.offset.end() - 1);
  for_pairs([&](int i, int j) {
    g.src[next[i]++] = j;
    g.src[next[j]++] = i;
  });
  if (orders == GraphOrders::receivers) return g;

  g.dst = Tensor<int>({g.n_edges()});
  g.by_src = Tensor<int>({g.n_edges()});
  g.src_offset = g.offset;  // of a symmetric graph
  std::copy_n(g.offset.begin(), n, next.begin());
  for (int i = 0; i < n; ++i)
    for (int e = g.offset[i]; e < g.offset[i + 1]; ++e) {
      g.dst[e] = i;
      g.by_src[next[g.src[e]]++] = e;
    }
  return g;
}

#define REGRAIN_INSTANTIATE(T)                                                                           \
  template std::vector<std::pair<int, int>> neighbor_pairs<T>(Cpu, View<const T, 2>, T, NeighborSearch); \
  template Graph neighbor_graph<T>(Cpu, View<const T, 2>, T, const std::vector<int>&, GraphOrders, NeighborSearch);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
