#include "models/allatom/side_chain_beads.hpp"

#include <algorithm>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/side_chain_placement.hpp"

namespace regrain::models::allatom {

namespace {

constexpr double mass(kernels::AtomClass c) {
  switch (c) {
    case kernels::AtomClass::nitrogen:
      return 14.007;
    case kernels::AtomClass::oxygen:
      return 15.999;
    case kernels::AtomClass::sulfur:
      return 32.06;
    case kernels::AtomClass::phosphorus:
      return 30.974;
    default:
      return 12.011;
  }
}

}  // namespace

template <class T>
void bead_likelihoods(Cpu be, View<const int, 1> type, View<const T, 3> backbone, View<const T, 3> chi, View<const char, 1> bead_of,
                      View<const T, 2> bead, double spread, View<T, 2> logp) {
  const int n = type.dim(0), n_draws = chi.dim(1);
  REGRAIN_CHECK(backbone.dim(0) == n && chi.dim(0) == n && bead_of.dim(0) == n && bead.dim(0) == n && logp.dim(0) == n && logp.dim(1) == n_draws,
                "bead_likelihoods: beads of ", bead.dim(0), " and room for ", logp.dim(0), " residues, expected ", n);
  REGRAIN_CHECK(spread > 0, "bead_likelihoods: a spread of ", spread, " Angstrom");
  const auto tables = side_chain_tables<T>();
  kernels::parallel_for(be, n, 400.0 * n * n_draws, [&](int i) {
    std::fill_n(logp.row(i), n_draws, T(0));
    const int first = bead_of(i) == kResidueBead ? 0 : kernels::kAtCb, n_slots = tables.n_slots[type(i)];
    if (bead_of(i) == kNoBead || first >= n_slots) return;
    for (int s = 0; s < n_draws; ++s) {
      T x[3 * kResidueSlots];
      kernels::side_chains::place_residue(tables, type(i), backbone.row(i), &chi(i, s, 0), x);
      T sum[3] = {}, total = T(0), square = T(0);
      for (int slot = first; slot < n_slots; ++slot) {
        const T m = static_cast<T>(mass(class_of_slot(type(i), slot)));
        total += m;
        for (int k = 0; k < 3; ++k) sum[k] += m * x[3 * slot + k];
      }
      for (int k = 0; k < 3; ++k) {
        const T off = sum[k] / total - bead(i, k);
        square += off * off;
      }
      logp(i, s) = -square / static_cast<T>(2 * spread * spread);
    }
  });
}

template void bead_likelihoods<float>(Cpu, View<const int, 1>, View<const float, 3>, View<const float, 3>, View<const char, 1>,
                                      View<const float, 2>, double, View<float, 2>);
template void bead_likelihoods<double>(Cpu, View<const int, 1>, View<const double, 3>, View<const double, 3>, View<const char, 1>,
                                       View<const double, 2>, double, View<double, 2>);

}  // namespace regrain::models::allatom
