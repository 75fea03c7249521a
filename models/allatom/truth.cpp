#include "models/allatom/truth.hpp"

#include <cmath>

#include "kernels/parallel.hpp"

namespace regrain::models::allatom {

namespace {

namespace p = kernels::peptide;

// Share of the noise of the next CA that the atoms of a peptide take: C and O from CA i, N of the next.
constexpr double kShareC = 1.0 / 3, kShareO = 0.5, kShareN = 2.0 / 3;

}  // namespace

template <class T>
void make_truth(Context& context, const Trace<T>& trace, View<const T, 3> atoms, Truth<T>& out) {
  const int n = trace.n_residues();
  out.backbone_63.reshape_unset({kBackboneTargets * n, 3});
  out.keep_6.reshape_unset({kBackboneTargets * n});
  out.chi_4N.reshape_unset({kChi, n});
  out.symmetry_4N.reshape_unset({kChi, n});
  out.turns_NF.reshape_unset({n, kChi * kTurnFeatures});
  Tensor<T> chi({n, kChi});
  Tensor<char> valid({n, kChi});
  const auto tables = side_chain_tables<T>();
  kernels::chi_angles<T>(context.host(), tables, View<const int, 1>(trace.type_N), atoms, chi, valid);

  kernels::parallel_for(context.host(), n, 300.0 * n, [&](int i) {
    const auto row = static_cast<std::size_t>(i);
    const bool linked = trace.linked_N[row] != 0, before = i > 0 && trace.linked_N[row - 1];
    const auto noise = [&](int r, int k) { return trace.ca_N3[static_cast<std::size_t>(3 * r + k)] - atoms(r, kernels::kAtCa, k); };
    const auto target = [&](int t, bool exists, int residue, int slot, int moved_by, int moved_by_too, double share, const T* axes) {
      T v[3];
      for (int k = 0; k < 3; ++k) {
        const T shift = static_cast<T>(1 - share) * noise(moved_by, k) + static_cast<T>(share) * noise(moved_by_too, k);
        v[k] = exists ? atoms(residue, slot, k) + shift - trace.ca_N3[3 * row + static_cast<std::size_t>(k)] : T(0);
      }
      const bool kept = exists && std::isfinite(v[0] + v[1] + v[2]);
      out.keep_6[row * kBackboneTargets + static_cast<std::size_t>(t)] = kept;
      T* to = out.backbone_63.data() + (row * kBackboneTargets + static_cast<std::size_t>(t)) * 3;
      for (int k = 0; k < 3; ++k) to[k] = kept ? p::dot3(axes + 3 * k, v) : T(0);
    };
    const T *own = trace.residue_N33.data() + 9 * i, *bond = trace.bond_N33.data() + 9 * i;
    const int next = linked ? i + 1 : i, last = before ? i - 1 : i;
    target(0, true, i, kernels::kAtN, last, i, kShareN, own);
    target(1, true, i, kernels::kAtC, i, next, kShareC, own);
    target(2, true, i, kernels::kAtO, i, next, kShareO, own);
    target(3, linked, i, kernels::kAtC, i, next, kShareC, bond);
    target(4, linked, i, kernels::kAtO, i, next, kShareO, bond);
    target(5, linked, next, kernels::kAtN, i, next, kShareN, bond);

    for (int k = 0; k < kChi; ++k) {
      const bool known = valid[row * kChi + static_cast<std::size_t>(k)];
      const int symmetry = known ? chi_images(tables, trace.type_N[row], k) : 0;
      const T angle = known ? chi[row * kChi + static_cast<std::size_t>(k)] : T(0);
      out.chi_4N[static_cast<std::size_t>(k * n + i)] = angle;
      out.symmetry_4N[static_cast<std::size_t>(k * n + i)] = symmetry;
      kernels::turn_features(angle, symmetry, out.turns_NF.data() + (row * kChi + static_cast<std::size_t>(k)) * kTurnFeatures);
    }
  });
  out.n_kept = 0;
  for (int keep : out.keep_6) out.n_kept += keep;
}

template void make_truth<float>(Context&, const Trace<float>&, View<const float, 3>, Truth<float>&);
template void make_truth<double>(Context&, const Trace<double>&, View<const double, 3>, Truth<double>&);

}  // namespace regrain::models::allatom
