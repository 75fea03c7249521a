#include "models/genzprot/internal_table.hpp"

#include "models/residues.hpp"

namespace regrain::models {

namespace {

constexpr int kRows = kernels::kInternalRows, kBackbone = kRows - kernels::kSideSlots;

bool bonded(const ResidueTemplate& t, int a, int b) {
  for (int i = 0; i < t.n_bonds; ++i) {
    const auto [x, y] = t.bond[static_cast<std::size_t>(i)];
    if ((x == a && y == b) || (x == b && y == a)) return true;
  }
  return false;
}

}  // namespace

InternalTable::InternalTable()
    : length(static_cast<std::size_t>(kResidueTypes * kRows)), angle(length.size()) {
  // a bond and a tetrahedral angle, or the far side of two bonds and the angle at their open end
  constexpr double kBond = 1.5, kAngle = 1.95, kAcross = 2.45, kOpen = 0.6;
  constexpr double kBackboneLength[3] = {1.46, 1.53, 1.23}, kBackboneAngle[3] = {1.9, 1.9, 2.1};
  for (int type = 0; type < kResidueTypes; ++type) {
    const ResidueTemplate& t = residue_templates()[static_cast<std::size_t>(type)];
    for (int row = 0; row < kRows; ++row) {
      const auto at = static_cast<std::size_t>(type * kRows + row);
      if (row < kBackbone) {
        length[at] = kBackboneLength[row];
        angle[at] = kBackboneAngle[row];
        continue;
      }
      const bool near =
          row + 1 >= t.n_slots || bonded(t, row + 1, t.parents[static_cast<std::size_t>(row - kBackbone)][0]);
      length[at] = near ? kBond : kAcross;
      angle[at] = near ? kAngle : kOpen;
    }
  }
}

InternalMeans::InternalMeans()
    : length_sum_(static_cast<std::size_t>(kResidueTypes * kRows)),
      angle_sum_(length_sum_.size()),
      count_(length_sum_.size()) {}

template <class T>
void InternalMeans::add(const TraceBatch<T>& trace, const ProteinBatch<T>& atoms) {
  for (int r = 0; r < trace.n_residues(); ++r)
    for (int row = 0; row < kRows; ++row) {
      if (!atoms.mask_RT[r * kRows + row]) continue;
      const T* ic = atoms.target_RT3.data() + (r * kRows + row) * 3;
      const auto at = static_cast<std::size_t>(trace.type_R[r] * kRows + row);
      length_sum_[at] += static_cast<double>(ic[0]);
      angle_sum_[at] += static_cast<double>(ic[1]);
      ++count_[at];
    }
}

InternalTable InternalMeans::table() const {
  InternalTable t;
  for (std::size_t i = 0; i < count_.size(); ++i)
    if (count_[i] > 0) {
      t.length[i] = length_sum_[i] / static_cast<double>(count_[i]);
      t.angle[i] = angle_sum_[i] / static_cast<double>(count_[i]);
    }
  return t;
}

template void InternalMeans::add<float>(const TraceBatch<float>&, const ProteinBatch<float>&);
template void InternalMeans::add<double>(const TraceBatch<double>&, const ProteinBatch<double>&);

}  // namespace regrain::models
