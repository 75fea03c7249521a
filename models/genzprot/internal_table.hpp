// Bond lengths and side-chain angles by residue type: what the decoder's tables start from.
//
// The published tables start from N(0, 1). A third of their angles then ended at -theta, where the geometry
// is right and the angle loss can't see it, and some where the next atom's frame is singular.
#pragma once

#include <vector>

#include "models/genzprot/batch.hpp"

namespace regrain::models {

// (22 types, 13 rows); Angstrom, radians
struct InternalTable {
  std::vector<double> length, angle;

  InternalTable();  // typical bonds and angles, from the bonds of residues.hpp
};

// Means over the rows that count of training batches; rows never seen keep their typical values.
class InternalMeans {
 public:
  InternalMeans();
  template <class T>
  void add(const TraceBatch<T>& trace, const ProteinBatch<T>& atoms);
  InternalTable table() const;

 private:
  std::vector<double> length_sum_, angle_sum_;
  std::vector<long long> count_;
};

}  // namespace regrain::models
