// Mistakes of handedness and threading that a low RMSD hides: the ones users file bugs about.
#pragma once

#include "driver/metrics/bond_template.hpp"

namespace regrain::metrics {

class Stereo {
 public:
  Stereo(const io::Topology& topology, const BondTemplate& bonds);

  struct Counts {
    int d_alpha = 0;            // CA of the wrong hand
    int wrong_beta = 0;         // CB of ILE or THR of the wrong hand
    int cis_peptides = 0;       // |omega| under 90 degrees, other than before PRO
    int ring_penetrations = 0;  // bonds that pass through a ring of HIS, PHE, PRO, TRP or TYR
  };
  Counts operator()(const Points& points) const;

 private:
  // the three others, seen with the hand of the natural amino acid when the volume is positive
  struct Center {
    int center, a, b, c;
  };
  std::vector<Center> alpha_, beta_;
  std::vector<std::array<int, 4>> omega_;
  std::vector<std::vector<int>> rings_;
  BondList bonds_;
};

// Does the segment from a to b pass through the polygon of these corners? The polygon may be puckered:
// it is the fan of triangles around its centroid.
bool pierces(Vec3 a, Vec3 b, const Points& corners);

}  // namespace regrain::metrics
