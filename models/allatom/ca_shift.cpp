#include "models/allatom/ca_shift.hpp"

#include <algorithm>
#include <cmath>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"
#include "kernels/peptide.hpp"

namespace regrain::models::allatom {

namespace {

namespace p = kernels::peptide;

constexpr double kUnit = 4, kFar = 12;  // Angstrom

// axes (3, 3) as rows: x from the bead before to the one behind, y towards the outside of the bend; a chain's ends are straight
template <class T>
void bead_frame(View<const T, 2> bead, int i, bool before, bool behind, T* axes) {
  T x[3], y[3];
  for (int k = 0; k < 3; ++k) {
    const T here = bead(i, k);
    const T last = before ? bead(i - 1, k) : T(2) * here - bead(i + 1, k), next = behind ? bead(i + 1, k) : T(2) * here - bead(i - 1, k);
    x[k] = next - last;
    y[k] = T(2) * here - last - next;
  }
  if (!p::normalize(x)) x[0] = T(1), x[1] = x[2] = T(0);
  p::normal_part(x, y);
  std::copy_n(x, 3, axes);
  std::copy_n(y, 3, axes + 3);
  p::cross3(x, y, axes + 6);
}

// SEP and TPO are SER and THR here.
int standard(int type) {
  static const int serine = type_of_residue("SER"), threonine = type_of_residue("THR");
  return type < kStandardTypes ? type : type == type_of_residue("SEP") ? serine : threonine;
}

}  // namespace

template <class T>
void shift_to_ca(Cpu be, const Sequence& sequence, View<const T, 2> weight, View<const T, 2> bead, View<T, 2> ca) {
  const int n = sequence.n_residues();
  REGRAIN_CHECK(bead.dim(0) == n && ca.dim(0) == n && weight.dim(0) == kShiftRows && weight.dim(1) == 3, "shift_to_ca: ", bead.dim(0),
                " beads of ", n, " residues and ", weight.dim(0), " rows of weights, expected ", kShiftRows);
  for (std::size_t c = 0; c + 1 < sequence.first_of_chain.size(); ++c) {
    const int first = sequence.first_of_chain[c], last = sequence.first_of_chain[c + 1];
    if (last - first == 1) std::copy_n(bead.row(first), 3, ca.row(first));
    if (last - first < 2) continue;
    kernels::parallel_for(be, last - first, 500.0 * (last - first), [&](int at) {
      const int i = first + at, type = standard(sequence.type[static_cast<std::size_t>(i)]);
      const bool before = i > first, behind = i + 1 < last;
      T axes[9], shift[3];
      bead_frame(bead, i, before, behind, axes);
      int row = type * kShiftFeatures;
      const auto add = [&](T feature) {
        for (int k = 0; k < 3; ++k) shift[k] += feature * weight(row, k);
        ++row;
      };
      std::fill_n(shift, 3, T(0));
      add(T(1));
      for (int offset : kShiftOffsets) {
        const int j = i + offset;
        T v[3] = {}, d = static_cast<T>(kFar);
        if (j >= first && j < last) {
          for (int k = 0; k < 3; ++k) v[k] = bead(j, k) - bead(i, k);
          d = std::sqrt(p::dot3(v, v));
        }
        if (!(d < static_cast<T>(kFar))) {
          row += 6;
          continue;
        }
        for (int k = 0; k < 3; ++k) add(p::dot3(axes + 3 * k, v) / static_cast<T>(kUnit));
        add(T(1));
        add(d / static_cast<T>(kUnit));
        add(d * d / static_cast<T>(kUnit * kUnit));
      }
      constexpr int kBefore = kStandardTypes * kShiftFeatures, kBehind = kBefore + kStandardTypes;
      if (before) row = kBefore + standard(sequence.type[static_cast<std::size_t>(i - 1)]), add(T(1));
      if (behind) row = kBehind + standard(sequence.type[static_cast<std::size_t>(i + 1)]), add(T(1));
      T moved[3];
      p::out_of(axes, shift, moved);
      for (int k = 0; k < 3; ++k) ca(i, k) = bead(i, k) + moved[k];
    });
  }
}

template void shift_to_ca<float>(Cpu, const Sequence&, View<const float, 2>, View<const float, 2>, View<float, 2>);
template void shift_to_ca<double>(Cpu, const Sequence&, View<const double, 2>, View<const double, 2>, View<double, 2>);

}  // namespace regrain::models::allatom
