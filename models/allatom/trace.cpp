#include "models/allatom/trace.hpp"

#include <algorithm>
#include <array>
#include <numbers>

#include "engine/errors.hpp"
#include "kernels/neighbors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::models::allatom {

namespace {

namespace p = kernels::peptide;

template <class T>
using Point = std::array<T, 3>;

constexpr double kBond = 3.8, kBend = 105 * std::numbers::pi / 180, kTurn = 52 * std::numbers::pi / 180;
constexpr double kUnit = 6;  // Angstrom that count as one
constexpr double kNear = 10, kFar = 14;

template <class T>
Point<T> difference(const Point<T>& a, const Point<T>& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
template <class T>
T distance(const Point<T>& a, const Point<T>& b) {
  const Point<T> d = difference(a, b);
  return std::sqrt(p::dot3(d.data(), d.data()));
}

// A CA behind a, b, c, as in a helix.
template <class T>
Point<T> next_ca(const Point<T>& a, const Point<T>& b, const Point<T>& c) {
  Point<T> x = difference(c, b), before = difference(a, b), z;
  if (!p::normalize(x.data())) x = {T(1), T(0), T(0)};
  p::normal_part(x.data(), before.data());
  p::cross3(x.data(), before.data(), z.data());
  const T along = static_cast<T>(-kBond * std::cos(kBend)), up = static_cast<T>(kBond * std::sin(kBend));
  Point<T> out;
  // a dihedral of 0 lies on the side of a
  for (std::size_t k = 0; k < 3; ++k)
    out[k] = c[k] + along * x[k] + up * (static_cast<T>(std::cos(kTurn)) * before[k] - static_cast<T>(std::sin(kTurn)) * z[k]);
  return out;
}

// A segment with two CA made up at either end: at(-2) .. at(n + 1).
template <class T>
class Segment {
 public:
  Segment(const T* ca, int n) : n_(n), points_(static_cast<std::size_t>(n + 4)) {
    for (int i = 0; i < n; ++i) at(i) = {ca[3 * i], ca[3 * i + 1], ca[3 * i + 2]};
    if (n == 1) at(1) = {at(0)[0] + static_cast<T>(kBond), at(0)[1], at(0)[2]};
    if (n <= 2) {
      // no bend to go on from: one at right angles to nothing in particular
      Point<T> x = difference(at(1), at(0)), up;
      if (!p::normalize(x.data())) x = {T(1), T(0), T(0)};
      p::any_normal(x.data(), up.data());
      Point<T> beside;
      for (std::size_t k = 0; k < 3; ++k) beside[k] = at(0)[k] + static_cast<T>(kBond) * up[k];
      const Point<T> second = at(1), behind = next_ca(beside, at(0), second);
      at(-1) = next_ca(behind, second, at(0));
      at(-2) = next_ca(second, at(0), at(-1));
      if (n == 2) at(2) = behind, at(3) = next_ca(at(0), second, behind);
      else at(2) = behind;
      return;
    }
    at(-1) = next_ca(at(2), at(1), at(0));
    at(-2) = next_ca(at(1), at(0), at(-1));
    at(n) = next_ca(at(n - 3), at(n - 2), at(n - 1));
    at(n + 1) = next_ca(at(n - 2), at(n - 1), at(n));
  }
  int n() const { return n_; }
  Point<T>& at(int i) { return points_[static_cast<std::size_t>(i + 2)]; }
  const Point<T>& at(int i) const { return points_[static_cast<std::size_t>(i + 2)]; }
  bool exists(int i) const { return i >= 0 && i < n_; }

  void residue_frame(int i, T* axes) const {
    Point<T> x = difference(at(i + 1), at(i - 1)), y;
    if (!p::normalize(x.data())) x = {T(1), T(0), T(0)};
    for (std::size_t k = 0; k < 3; ++k) y[k] = T(2) * at(i)[k] - at(i - 1)[k] - at(i + 1)[k];
    set_axes(x, y, axes);
  }
  void bond_frame(int i, T* axes) const {
    Point<T> x = difference(at(i + 1), at(i)), y{};
    if (!p::normalize(x.data())) x = {T(1), T(0), T(0)};
    for (int m : {i, i + 1}) {
      const Point<T> in = difference(at(m), at(m - 1)), out = difference(at(m + 1), at(m));
      Point<T> normal;
      p::cross3(in.data(), out.data(), normal.data());
      if (!p::normalize(normal.data())) continue;
      for (std::size_t k = 0; k < 3; ++k) y[k] += normal[k];
    }
    set_axes(x, y, axes);
  }

 private:
  static void set_axes(const Point<T>& x, Point<T> y, T* axes) {
    p::normal_part(x.data(), y.data());
    std::copy_n(x.data(), 3, axes);
    std::copy_n(y.data(), 3, axes + 3);
    p::cross3(x.data(), y.data(), axes + 6);
  }

  int n_;
  std::vector<Point<T>> points_;
};

// An angle's cosine and sine say nothing of a bend that is straight; a distance that doesn't exist is 0.
template <class T>
void segment_features(const Segment<T>& s, int i, const T* residue_axes, const T* bond_axes, T* f) {
  const auto place = [&](int other, const T* axes) {
    if (s.exists(other) || (other >= -2 && other <= s.n() + 1 && std::abs(other - i) <= 2)) {
      const Point<T> d = difference(s.at(other), s.at(i));
      for (int k = 0; k < 3; ++k) f[k] = p::dot3(axes + 3 * k, d.data()) / static_cast<T>(kUnit);
    } else {
      std::fill_n(f, 3, T(0));
    }
    f += 3;
  };
  for (int o = -kNearResidues; o <= kNearResidues; ++o)
    if (o != 0) place(i + o, residue_axes);
  for (int o = -kNearResidues + 1; o <= kNearResidues; ++o)
    if (o != 0) place(i + o, bond_axes);
  std::fill_n(f, 3, T(0));  // the bond's frame has one place less
  f += 3;
  for (int o = -kNearResidues; o <= kNearResidues; ++o)
    if (o != 0) *f++ = s.exists(i + o) ? T(1) : T(0);
  p::torsion(s.at(i - 1).data(), s.at(i).data(), s.at(i + 1).data(), s.at(std::min(i + 2, s.n() + 1)).data(), f);
  p::torsion(s.at(std::max(i - 2, -2)).data(), s.at(i - 1).data(), s.at(i).data(), s.at(i + 1).data(), f + 2);
  f += 4;
  for (int o : {-1, 0}) *f++ = s.exists(i + o) && s.exists(i + o + 1) ? (distance(s.at(i + o), s.at(i + o + 1)) - static_cast<T>(kBond)) * T(2) : T(0);
  for (auto [a, b] : {std::pair{-1, 1}, {0, 2}, {-2, 0}, {0, 3}, {-3, 0}, {-1, 2}, {-2, 1}, {-2, 2}})
    *f++ = s.exists(i + a) && s.exists(i + b) ? distance(s.at(i + a), s.at(i + b)) / static_cast<T>(kUnit) - T(1) : T(0);
}

// Rows of a table by place and type, and who adds them up.
Graph window_graph(const std::vector<int>& row_of, int n, int places) {
  std::vector<kernels::Edge> edges;
  edges.reserve(row_of.size());
  for (int i = 0; i < n; ++i)
    for (int w = 0; w < places; ++w) edges.push_back({i, row_of[static_cast<std::size_t>(i * places + w)]});
  return kernels::make_graph(n, places * kTypeRows, edges);
}

}  // namespace

template <class T>
void make_trace(Context& context, const Config& config, const std::vector<TraceFrame<T>>& frames, Trace<T>& out) {
  out.first_residue = {0};
  for (const auto& f : frames) out.first_residue.push_back(out.first_residue.back() + f.sequence->n_residues());
  const int n = out.first_residue.back();
  out.ca_N3.reshape_unset({n, 3});
  out.residue_N33.reshape_unset({n, 3, 3});
  out.bond_N33.reshape_unset({n, 3, 3});
  out.linked_N.reshape_unset({n});
  out.place_N.reshape_unset({n});
  out.type_N.reshape_unset({n});
  out.features_NF.reshape_unset({n, kTraceFeatures});
  struct Piece {
    int first, n;
  };
  std::vector<Piece> segments;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const Sequence& sequence = *frames[f].sequence;
    const int first = out.first_residue[f];
    std::copy_n(frames[f].ca_xyz, 3 * sequence.type.size(), out.ca_N3.data() + 3 * first);
    std::copy(sequence.type.begin(), sequence.type.end(), out.type_N.data() + first);
    for (std::size_t c = 0; c + 1 < sequence.first_of_chain.size(); ++c) {
      const int begin = first + sequence.first_of_chain[c], end = first + sequence.first_of_chain[c + 1];
      for (int i = begin, start = begin; i < end; ++i) {
        const T *a = out.ca_N3.data() + 3 * i, *b = a + 3;
        const bool linked = i + 1 < end && distance<T>({a[0], a[1], a[2]}, {b[0], b[1], b[2]}) < static_cast<T>(kBondedBelow);
        out.linked_N[static_cast<std::size_t>(i)] = linked;
        // within a frame: chains far apart, residues one by one
        out.place_N[static_cast<std::size_t>(i)] = static_cast<int>(c % 1000) * kernels::kPlaceGap + i - begin;
        if (!linked) segments.push_back({start, i + 1 - start}), start = i + 1;
      }
    }
  }
  for (T x : out.ca_N3)
    if (!std::isfinite(x)) fail(ErrorKind::numbers, "all-atom model: a coordinate of the trace is not a finite number");

  std::vector<int> windows(static_cast<std::size_t>(n * kWindow)), cores(static_cast<std::size_t>(n * 3));
  kernels::parallel_for_ragged(context.host(), static_cast<int>(segments.size()), 2000.0 * n, [&](int k) {
    const Piece piece = segments[static_cast<std::size_t>(k)];
    const Segment<T> s(out.ca_N3.data() + 3 * piece.first, piece.n);
    for (int i = 0; i < piece.n; ++i) {
      const int row = piece.first + i;
      T *residue = out.residue_N33.data() + 9 * row, *bond = out.bond_N33.data() + 9 * row;
      s.residue_frame(i, residue);
      s.bond_frame(i, bond);
      segment_features(s, i, residue, bond, out.features_NF.data() + static_cast<std::ptrdiff_t>(row) * kTraceFeatures);
      for (int w = 0; w < kWindow; ++w) {
        const int o = w - kNearResidues, type = s.exists(i + o) ? out.type_N[static_cast<std::size_t>(row + o)] : kTypes;
        windows[static_cast<std::size_t>(row * kWindow + w)] = w * kTypeRows + type;
        if (std::abs(o) <= 1) cores[static_cast<std::size_t>(row * 3 + o + 1)] = (o + 1) * kTypeRows + type;
      }
    }
  });
  out.window = window_graph(windows, n, kWindow);
  out.core_window = window_graph(cores, n, 3);
  out.near = kernels::nearest_graph<T>(context.host(), out.ca_N3, config.neighbors, static_cast<T>(config.cutoff), out.first_residue);
  // how crowded it is around a residue
  const Graph around = kernels::neighbor_graph<T>(context.host(), out.ca_N3, static_cast<T>(kFar), out.first_residue, kernels::GraphOrders::receivers);
  kernels::parallel_for_ragged(context.host(), n, 10.0 * around.n_edges(), [&](int i) {
    int near = 0;
    const int begin = around.offset[static_cast<std::size_t>(i)], end = around.offset[static_cast<std::size_t>(i) + 1];
    for (int e = begin; e < end; ++e) {
      const T* a = out.ca_N3.data() + 3 * i;
      const T* b = out.ca_N3.data() + 3 * around.src[static_cast<std::size_t>(e)];
      near += distance<T>({a[0], a[1], a[2]}, {b[0], b[1], b[2]}) < static_cast<T>(kNear);
    }
    T* f = out.features_NF.data() + (static_cast<std::ptrdiff_t>(i) + 1) * kTraceFeatures - 2;
    f[0] = static_cast<T>(near) / T(20) - T(1);
    f[1] = static_cast<T>(end - begin) / T(50) - T(1);
  });
}

template void make_trace<float>(Context&, const Config&, const std::vector<TraceFrame<float>>&, Trace<float>&);
template void make_trace<double>(Context&, const Config&, const std::vector<TraceFrame<double>>&, Trace<double>&);

}  // namespace regrain::models::allatom
