#include "models/allatom/trace_fixes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/errors.hpp"
#include "kernels/neighbors.hpp"

namespace regrain::models::allatom {

namespace {

namespace p = kernels::peptide;

constexpr double kCounted = 0.1;    // Angstrom; violations that are reported
constexpr double kReach = 1.5;      // Angstrom; pairs this much further apart are looked at until the next list
constexpr int kRenew = 10;          // sweeps with one list

struct Constraint {
  int a, b;
  double least, most;
};

// In double: many small moves add up.
class Points {
 public:
  template <class T>
  explicit Points(View<const T, 2> ca) : x_(ca.data(), ca.data() + 3 * static_cast<std::ptrdiff_t>(ca.dim(0))), n_(ca.dim(0)) {}

  int n() const { return n_; }
  const double* row(int i) const { return x_.data() + 3 * static_cast<std::size_t>(i); }
  double* row(int i) { return x_.data() + 3 * static_cast<std::size_t>(i); }
  double distance(int a, int b) const {
    double d[3];
    for (int k = 0; k < 3; ++k) d[k] = row(b)[k] - row(a)[k];
    return std::sqrt(p::dot3(d, d));
  }
  // How far the distance is beyond what the constraint allows; both points are moved to where it isn't.
  double meet(const Constraint& c) {
    const double d = distance(c.a, c.b), want = std::clamp(d, c.least, c.most), off = want - d;
    if (off == 0) return 0;
    double along[3];
    for (int k = 0; k < 3; ++k) along[k] = row(c.b)[k] - row(c.a)[k];
    // two points in one place part along an axis that their numbers choose, so that a heap of them does not stay flat
    if (!p::normalize(along))
      for (int k = 0; k < 3; ++k) along[k] = k == (c.a + c.b) % 3 ? 1 : 0;
    for (int k = 0; k < 3; ++k) {
      row(c.a)[k] -= 0.5 * off * along[k];
      row(c.b)[k] += 0.5 * off * along[k];
    }
    return std::abs(off);
  }

 private:
  std::vector<double> x_;
  int n_;
};

// Bonds, then bends: constraints that stay the same.
struct Chains {
  std::vector<Constraint> bonds, bends;
  std::vector<int> run;  // of each residue, the number of the run of bonded ones it is in

  Chains(const Sequence& sequence, const Points& x, const TraceShape& shape) : run(static_cast<std::size_t>(x.n())) {
    const int proline = type_of_residue("PRO");
    int number = -1;
    for (std::size_t c = 0; c + 1 < sequence.first_of_chain.size(); ++c)
      for (int i = sequence.first_of_chain[c]; i < sequence.first_of_chain[c + 1]; ++i) {
        const bool linked = i > sequence.first_of_chain[c] && x.distance(i - 1, i) < shape.bonded_below;
        number += !linked;
        run[static_cast<std::size_t>(i)] = number;
        if (!linked) continue;
        const bool cis = sequence.type[static_cast<std::size_t>(i)] == proline && x.distance(i - 1, i) < shape.cis_below;
        const double length = cis ? shape.cis : shape.trans;
        bonds.push_back({i - 1, i, length - shape.spread, length + shape.spread});
        if (i >= 2 && run[static_cast<std::size_t>(i - 2)] == number) bends.push_back({i - 2, i, shape.least_second, shape.most_second});
      }
  }
};

// Pairs that are neither bonded nor two places apart in one run.
std::vector<Constraint> other_pairs(Cpu be, const Chains& chains, const Points& x, const TraceShape& shape) {
  Tensor<double> at({x.n(), 3});
  std::copy_n(x.row(0), 3 * static_cast<std::size_t>(x.n()), at.data());
  const kernels::Graph near = kernels::neighbor_graph<double>(be, View<const double, 2>(at), shape.least_other + kReach, {0, x.n()},
                                                              kernels::GraphOrders::receivers);
  std::vector<Constraint> out;
  for (int i = 0; i < x.n(); ++i)
    for (int e = near.offset[static_cast<std::size_t>(i)]; e < near.offset[static_cast<std::size_t>(i) + 1]; ++e) {
      const int j = near.src[static_cast<std::size_t>(e)];
      const bool close_by = j - i <= 2 && chains.run[static_cast<std::size_t>(i)] == chains.run[static_cast<std::size_t>(j)];
      if (j > i && !close_by) out.push_back({i, j, shape.least_other, std::numeric_limits<double>::infinity()});
    }
  return out;
}

long long count_violations(const Points& x, const std::vector<Constraint>& constraints) {
  return std::count_if(constraints.begin(), constraints.end(), [&](const Constraint& c) {
    const double d = x.distance(c.a, c.b);
    return d < c.least - kCounted || d > c.most + kCounted;
  });
}

}  // namespace

double TraceFixes::rms() const { return n_residues > 0 ? std::sqrt(sum_square / static_cast<double>(n_residues)) : 0; }

void TraceFixes::add(const TraceFixes& other) {
  n_residues += other.n_residues, n_frames += other.n_frames;
  sum_square += other.sum_square;
  largest = std::max(largest, other.largest);
  n_bonds += other.n_bonds, n_bends += other.n_bends, n_overlaps += other.n_overlaps;
  remaining = std::max(remaining, other.remaining);
}

template <class T>
TraceFixes fix_trace(Cpu be, const Sequence& sequence, View<T, 2> ca_N3, const TraceShape& shape) {
  const int n = ca_N3.dim(0);
  REGRAIN_CHECK(n == sequence.n_residues() && ca_N3.dim(1) == 3, "fix_trace: ", n, " CA of ", sequence.n_residues(), " residues");
  TraceFixes out;
  out.n_residues = n;
  out.n_frames = 1;
  if (n == 0) return out;
  Points x{View<const T, 2>(ca_N3)};
  const Chains chains(sequence, x, shape);
  std::vector<Constraint> others = other_pairs(be, chains, x, shape);
  out.n_bonds = count_violations(x, chains.bonds);
  out.n_bends = count_violations(x, chains.bends);
  out.n_overlaps = count_violations(x, others);
  for (int sweep = 0; sweep < shape.sweeps; ++sweep) {
    if (sweep > 0 && sweep % kRenew == 0) others = other_pairs(be, chains, x, shape);
    out.remaining = 0;
    for (const std::vector<Constraint>* constraints : {&chains.bonds, &chains.bends, static_cast<const std::vector<Constraint>*>(&others)})
      for (const Constraint& c : *constraints) out.remaining = std::max(out.remaining, x.meet(c));
    if (out.remaining < shape.tolerance) break;
  }
  for (int i = 0; i < n; ++i) {
    double square = 0;
    for (int k = 0; k < 3; ++k) {
      const T moved = static_cast<T>(x.row(i)[k]);
      square += std::pow(static_cast<double>(moved - ca_N3(i, k)), 2);
      ca_N3(i, k) = moved;
    }
    out.sum_square += square;
    out.largest = std::max(out.largest, std::sqrt(square));
  }
  return out;
}

template TraceFixes fix_trace<float>(Cpu, const Sequence&, View<float, 2>, const TraceShape&);
template TraceFixes fix_trace<double>(Cpu, const Sequence&, View<double, 2>, const TraceShape&);

}  // namespace regrain::models::allatom
