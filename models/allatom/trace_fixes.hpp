// An alpha-carbon trace is brought into the shape proteins have, moved as little as that takes.
//
// Models that generate traces leave bonds too short or long and residues on top of each other; atoms can't be built well on
// these. Constraints are met one after another, each by moving its two CA towards or away from each other by equal parts
// (position-based dynamics, Mueller et al. 2007), until all are met within a tolerance.
#pragma once

#include "models/allatom/trace.hpp"

namespace regrain::models::allatom {

// Angstrom
struct TraceShape {
  double trans = 3.80, cis = 2.95;             // bonded CA, within `spread` of it
  double spread = 0.05;
  double cis_below = 3.3;                      // a bond to a proline that is shorter is a cis one; to other residues none is
  double least_second = 4.9, most_second = 7.4;  // CA i and i + 2: bends of 80 to 153 degrees
  double least_other = 3.9;                    // any other two CA
  double bonded_below = kBondedBelow;          // CA further apart are not bonded
  double tolerance = 0.02;
  int sweeps = 500;                            // at most
};

// What was done to one or several frames.
struct TraceFixes {
  long long n_residues = 0, n_frames = 0;
  double sum_square = 0, largest = 0;          // of moves, Angstrom^2 and Angstrom
  long long n_bonds = 0, n_bends = 0, n_overlaps = 0;  // that were further than 0.1 Angstrom from what is allowed
  double remaining = 0;                        // the largest violation that is left, Angstrom

  double rms() const;
  void add(const TraceFixes& other);
};

// ca_N3 of one frame, in place. Chains end where the sequence says, and are broken where CA are further apart than
// bonded_below: what is broken stays broken. Any finite coordinates give finite ones.
template <class T>
TraceFixes fix_trace(Cpu, const Sequence& sequence, View<T, 2> ca_N3, const TraceShape& shape = {});

}  // namespace regrain::models::allatom
