#include "models/allatom/hydrogen_placement.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/side_chain_placement.hpp"
#include "models/allatom/trace.hpp"

namespace regrain::models::allatom {

namespace {

using Vec = kernels::placement::Vec3<double>;
using kernels::AtomClass;
using kernels::placement::cross;
using kernels::placement::dot;
using kernels::side_chains::perpendicular;
using kernels::side_chains::unit;
using enum HydrogenKind;

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }
constexpr double kDegree = std::numbers::pi / 180;

// Angles at the parent, degrees. H-C-H of a methylene lies between 106 of free molecules and 109.5 of force fields.
constexpr double kHalfMethylene = 54, kTetrahedral = 109.5, kFlat = 120, kHydroxyl = 108.5, kThiol = 96, kPeptide = 119;

constexpr double kReach = 4.5;          // Angstrom from the parent: further atoms touch no hydrogen of its
constexpr double kBondBelow = 2.5;      // hydrogen to acceptor
constexpr double kWorthOfBond = 0.3;    // Angstrom^2 of overlap for an Angstrom of approach
constexpr double kHydrogenApart = 2.0;  // hydrogen to hydrogen, Angstrom

// Nearest that a hydrogen may come without overlap: sums of radii less 0.4 Angstrom; to oxygen a hydrogen bond's length.
constexpr double allowed(AtomClass c) {
  switch (c) {
    case AtomClass::carbon: return 2.5;
    case AtomClass::nitrogen: return 2.4;
    case AtomClass::oxygen: return 1.7;
    case AtomClass::sulfur: return 2.6;
    case AtomClass::phosphorus: return 2.7;
  }
  return 2.5;
}

bool turns_freely(HydrogenKind kind) { return kind == hydroxyl || kind == phenol || kind == thiol; }

Vec atom_of(const float* xyz, int atom) {
  const float* p = xyz + 3 * static_cast<std::ptrdiff_t>(atom);
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

// At `length` from x, at `angle` to a and turned by `torsion` against b, degrees.
Vec turned(const Vec& x, const Vec& a, const Vec& b, double length, double angle, double torsion) {
  const Vec u = unit(x - a, Vec{1, 0, 0});
  const Vec n = unit(cross(u, b - a), perpendicular(u)), m = cross(n, u);  // m points to the side of b
  const double sine = std::sin(angle * kDegree);
  return x + length * (-std::cos(angle * kDegree) * u + sine * (std::cos(torsion * kDegree) * m + std::sin(torsion * kDegree) * n));
}

// The direction opposite to two neighbours; any at a right angle to them where they lie opposite to each other.
Vec away_from(const Vec& x, const Vec& a, const Vec& b) {
  const Vec ua = unit(a - x, Vec{1, 0, 0}), ub = unit(b - x, Vec{0, 1, 0});
  return unit(Vec{0, 0, 0} - (ua + ub), perpendicular(ua));
}

Vec fixed_position(const HydrogenSite& s, const float* xyz) {
  const Vec x = atom_of(xyz, s.parent);
  const auto ref = [&](int k) { return atom_of(xyz, s.reference[at(k)]); };
  switch (s.kind) {
    case methine: {
      // at one angle to all three: the normal of the plane of their directions
      const Vec a = unit(ref(0) - x, Vec{1, 0, 0}), b = unit(ref(1) - x, Vec{0, 1, 0}), c = unit(ref(2) - x, Vec{0, 0, 1});
      const Vec sum = a + b + c, normal = unit(cross(b - a, c - a), unit(sum, perpendicular(a)));
      return x + (dot(normal, sum) > 0 ? -s.length : s.length) * normal;
    }
    case methylene: {
      const Vec middle = away_from(x, ref(0), ref(1)), side = unit(cross(ref(0) - x, ref(1) - x), perpendicular(middle));
      const double aside = std::sin(kHalfMethylene * kDegree);
      return x + s.length * (std::cos(kHalfMethylene * kDegree) * middle + (s.number == 0 ? -aside : aside) * side);
    }
    case planar: return x + s.length * away_from(x, ref(0), ref(1));
    case peptide: {
      const Vec apart = ref(0) - ref(2);
      if (dot(apart, apart) < kBondedBelow * kBondedBelow) return x + s.length * away_from(x, ref(0), ref(1));
      return turned(x, ref(0), ref(3), s.length, kPeptide, 60);
    }
    case threefold: return turned(x, ref(0), ref(1), s.length, kTetrahedral, 180 + 120 * s.number);
    case twofold: return turned(x, ref(0), ref(1), s.length, kFlat, s.number == 0 ? 180 : 0);
    default: return x;
  }
}

// Torsions that a hydrogen which turns may take, degrees, and the angle at its parent.
struct Rotor {
  double angle;
  int n;
  std::array<double, 3> torsion;
};
Rotor rotor_of(HydrogenKind kind) {
  if (kind == phenol) return {kHydroxyl, 2, {0, 180, 0}};
  return {kind == thiol ? kThiol : kHydroxyl, 3, {180, 60, -60}};
}

std::int64_t key(std::int64_t x, std::int64_t y, std::int64_t z) { return x << 42 | y << 21 | z; }

}  // namespace

int references_of(HydrogenKind kind) {
  switch (kind) {
    case methine: return 3;
    case peptide: return 4;
    default: return 2;
  }
}

HydrogenPlacement::HydrogenPlacement(std::vector<AtomClass> heavy, std::vector<HydrogenSite> sites)
    : heavy_(std::move(heavy)), sites_(std::move(sites)) {
  const int n_heavy = static_cast<int>(heavy_.size());
  const auto check = [&](int atom) {
    REGRAIN_CHECK(atom >= 0 && atom < n_heavy, "hydrogens: atom ", atom, " of ", n_heavy, " is asked for");
  };
  first_of_.assign(heavy_.size() + 1, 0);
  placed_.assign(sites_.size(), 0);
  for (int h = 0; h < n_hydrogens(); ++h) {
    const HydrogenSite& s = sites_[at(h)];
    check(s.parent);
    for (int k = 0; k < references_of(s.kind); ++k) check(s.reference[at(k)]);
    ++first_of_[at(s.parent + 1)];
    if (turns_freely(s.kind)) turning_.push_back(h);
  }
  for (std::size_t a = 0; a < heavy_.size(); ++a) first_of_[a + 1] += first_of_[a];
  hydrogen_of_.resize(sites_.size());
  std::vector<int> next(first_of_.begin(), first_of_.end() - 1);
  for (int h = 0; h < n_hydrogens(); ++h) hydrogen_of_[at(next[at(sites_[at(h)].parent)]++)] = h;
}

void HydrogenPlacement::place(Cpu be, const float* heavy_A3, float* hydrogen_H3) {
  const auto store = [&](int h, const Vec& v) {
    float* to = hydrogen_H3 + 3 * static_cast<std::ptrdiff_t>(h);
    to[0] = static_cast<float>(v.x), to[1] = static_cast<float>(v.y), to[2] = static_cast<float>(v.z);
    placed_[at(h)] = 1;
  };
  kernels::parallel_for(be, n_hydrogens(), 100.0 * n_hydrogens(), [&](int h) {
    const HydrogenSite& s = sites_[at(h)];
    if (turns_freely(s.kind)) placed_[at(h)] = 0;
    else store(h, fixed_position(s, heavy_A3));
  });
  if (turning_.empty()) return;
  fill_cells(heavy_A3);
  for (int h : turning_) {
    const HydrogenSite& s = sites_[at(h)];
    find_near(heavy_A3, hydrogen_H3, s.parent);
    const Rotor rotor = rotor_of(s.kind);
    Vec best{0, 0, 0};
    double least = 0;
    for (int k = 0; k < rotor.n; ++k) {
      const Vec v = turned(atom_of(heavy_A3, s.parent), atom_of(heavy_A3, s.reference[0]), atom_of(heavy_A3, s.reference[1]), s.length,
                           rotor.angle, rotor.torsion[at(k)]);
      const double xyz[3] = {v.x, v.y, v.z}, c = cost(xyz);
      // a later one must be better by more than roundings
      if (k == 0 || c < least - 1e-3) best = v, least = c;
    }
    store(h, best);
  }
}

// Heavy atoms sorted by cubes of space: linear memory whatever the extent.
void HydrogenPlacement::fill_cells(const float* heavy_A3) {
  double extent = 0;
  for (int k = 0; k < 3; ++k) {
    float low = heavy_A3[k], high = heavy_A3[k];
    for (std::size_t a = 0; a < heavy_.size(); ++a) low = std::min(low, heavy_A3[3 * a + at(k)]), high = std::max(high, heavy_A3[3 * a + at(k)]);
    low_[k] = static_cast<double>(low);
    extent = std::max(extent, static_cast<double>(high) - low_[k]);
  }
  cell_size_ = std::max(kReach, extent / (1 << 19));  // 20 bits an axis
  cells_.resize(heavy_.size());
  for (std::size_t a = 0; a < heavy_.size(); ++a) {
    std::int64_t c[3];
    for (std::size_t k = 0; k < 3; ++k) c[k] = static_cast<std::int64_t>((static_cast<double>(heavy_A3[3 * a + k]) - low_[k]) / cell_size_);
    cells_[a] = {key(c[0], c[1], c[2]), static_cast<int>(a)};
  }
  std::sort(cells_.begin(), cells_.end());
}

void HydrogenPlacement::find_near(const float* heavy_A3, const float* hydrogen_H3, int parent) {
  near_.clear();
  const Vec x = atom_of(heavy_A3, parent);
  const double from[3] = {x.x, x.y, x.z};
  std::int64_t c[3];
  for (int k = 0; k < 3; ++k) c[k] = static_cast<std::int64_t>((from[k] - low_[k]) / cell_size_);
  const auto add = [&](const Vec& v, double apart, bool acceptor) { near_.push_back({{v.x, v.y, v.z}, apart, acceptor}); };
  for (std::int64_t i = std::max<std::int64_t>(c[0] - 1, 0); i <= c[0] + 1; ++i)
    for (std::int64_t j = std::max<std::int64_t>(c[1] - 1, 0); j <= c[1] + 1; ++j) {
      // the cubes along z are neighbours in the list
      const std::int64_t last = key(i, j, c[2] + 1);
      for (auto cell = std::lower_bound(cells_.begin(), cells_.end(), Cell{key(i, j, std::max<std::int64_t>(c[2] - 1, 0)), -1});
           cell != cells_.end() && cell->key <= last; ++cell) {
        const Vec v = atom_of(heavy_A3, cell->atom), d = v - x;
        if (cell->atom == parent || dot(d, d) > kReach * kReach) continue;
        const AtomClass what = heavy_[at(cell->atom)];
        add(v, allowed(what), what == AtomClass::oxygen);
        for (int n = first_of_[at(cell->atom)]; n < first_of_[at(cell->atom + 1)]; ++n)
          if (const int h = hydrogen_of_[at(n)]; placed_[at(h)]) add(atom_of(hydrogen_H3, h), kHydrogenApart, false);
      }
    }
}

// Squared overlaps, less the worth of the shortest hydrogen bond; Angstrom^2.
double HydrogenPlacement::cost(const double* xyz) const {
  double overlaps = 0, bond = 0;
  for (const Near& n : near_) {
    double square = 0;
    for (int k = 0; k < 3; ++k) square += (xyz[k] - n.xyz[k]) * (xyz[k] - n.xyz[k]);
    const double d = std::sqrt(square);
    if (d < n.allowed) overlaps += (n.allowed - d) * (n.allowed - d);
    if (n.acceptor) bond = std::max(bond, kBondBelow - d);
  }
  return overlaps - kWorthOfBond * bond;
}

}  // namespace regrain::models::allatom
