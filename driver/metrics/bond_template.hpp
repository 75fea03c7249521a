// The bonds a structure should have: from residue names, and from the reference where names can't say.
//
// Names give the bonds inside a known residue, whatever its coordinates. Peptide links, disulfides and
// unknown residues come from the reference's distances, so chain breaks stay breaks.
#pragma once

#include <array>

#include "driver/metrics/bond_graph.hpp"

namespace regrain::metrics {

struct BondTemplate {
  BondList bonds;
  std::vector<char> linked_R;  // 1 if the residue has a peptide bond to the one before it
};
BondTemplate bond_template(const io::Topology& topology, const Points& reference);

// Who is at most `n_bonds` bonds away from whom.
class BondNeighbors {
 public:
  BondNeighbors(const BondList& bonds, int n_atoms, int n_bonds);
  bool contains(int a, int b) const;

 private:
  std::vector<int> offset_;
  std::vector<int> neighbor_;  // ascending for each atom
};

// The angles of a bond list: (a, b, c) with b in the middle and a < c.
std::vector<std::array<int, 3>> angles_of(const BondList& bonds, int n_atoms);

// Share of bonds, and of angles, within 10 % of the reference's own. NaN where there is none.
struct BondedGeometry {
  double bonds, angles;
};
BondedGeometry bonded_geometry(const BondList& bonds, const Points& reference, const Points& generated);

}  // namespace regrain::metrics
