// The atoms of one model as a file states them, before anything is chosen, renamed or dropped.
// PDB and mmCIF meet here; what follows doesn't know where the atoms came from.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace regrain::io {

struct RawAtom {
  std::string name, residue_name, chain;
  std::string element;  // upper case, empty where the file doesn't say
  int number = 0;       // of the residue
  int part = 0;         // grows where the file itself separates chains: TER, segment, label_asym_id
  char insertion = ' ';
  char altloc = ' ';
  bool het = false;  // a HETATM record
  float occupancy = 1;
  std::array<float, 3> xyz{};  // Angstrom
  int64_t line = 0;
};

struct RawModel {
  std::string label;  // the number the file gives it
  std::vector<RawAtom> atoms;
  std::array<float, 9> box{};
};

}  // namespace regrain::io
