// The only door to gemmi: its readers are headers that take seconds to compile, so they live in one
// .cpp and nothing of gemmi shows here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/raw_model.hpp"

namespace regrain::io {

// One ATOM or HETATM line of a PDB file, checked and padded to 80 columns by PdbModels.
struct PdbAtomLine {
  std::string text;
  std::string residue_name;  // replaces what gemmi reads from its three columns; empty: keep gemmi's
  int64_t line = 0;
  int part = 0;
  float x = 0, y = 0, z = 0;
};

// The atoms of one model, in the order of the lines. Rewrites the serial numbers in the lines.
std::vector<RawAtom> parse_pdb_lines(std::vector<PdbAtomLine>& lines, const std::string& path);

// All models of an mmCIF text.
std::vector<RawModel> parse_cif(const std::string& text, const std::string& path);

}  // namespace regrain::io
