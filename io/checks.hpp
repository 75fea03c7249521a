// Is this input what it says? Units, gaps, numbers that are none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/frame.hpp"
#include "io/topology.hpp"

namespace regrain::io {

// Throws Error(numbers) naming frame (counted from 0) and atom of the first NaN or infinity.
void check_finite(const Topology& topology, const Frame& frame, const std::string& file, int64_t frame_index);

// Throws Error(input) naming frame and atom where a coordinate is more than 1e5 Angstrom from zero, or a
// residue in whose box of 20 Angstrom there are more than 1000 particles: beyond the one single precision
// gives out, beyond the other memory.
void check_extent(const Topology& topology, const Frame& frame, const std::string& file, int64_t frame_index);

// Throws Error(input) if the median distance of consecutive alpha carbons is not that of a protein in
// Angstrom (2.8 to 4.2). Says so if it looks like nanometres. Without such pairs nothing is checked.
void check_units(const Topology& topology, const Frame& frame, const std::string& file);

struct ChainBreak {
  int residue = 0;          // the break lies between this residue and the next
  float distance = 0;       // of their alpha carbons in Angstrom; 0 if one is missing
  bool number_gap = false;  // numbers are missing between them
  bool too_far = false;     // farther apart than a peptide bond allows
};

// Pairs of consecutive residues of a chain that aren't bonded: alpha carbons farther apart than
// longest (Angstrom), or numbers missing between them. Ascending.
std::vector<ChainBreak> find_chain_breaks(const Topology& topology, const Frame& frame, float longest = 4.5f);

}  // namespace regrain::io
