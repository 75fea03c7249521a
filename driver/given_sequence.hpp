// A sequence given apart from the coordinates: one-letter codes, or a FASTA file.
#pragma once

#include <string>
#include <vector>

#include "io/topology.hpp"

namespace regrain::driver {

class GivenSequence {
 public:
  // A file, if `text` names one, otherwise letters of the 20 standard residues, chains apart by '/'. Throws Error(input)
  // naming file, line and letter.
  explicit GivenSequence(const std::string& text);

  int n_residues() const;
  // Names the residues of a trace in their order. Its chains must be as long as the sequence's, or the sequence one and as long
  // as all of them together; throws Error(input) naming `file` and both lengths otherwise.
  void name_residues(io::Topology& trace, const std::string& file) const;
  // One alpha carbon a residue, chains A, B, ... as the sequence has them.
  io::Topology trace() const;

 private:
  std::string place_;
  std::vector<std::string> chains_;  // letters
};

}  // namespace regrain::driver
