// Traces of one bead a residue that is no alpha carbon, for stages that start from alpha carbons.
#pragma once

#include <string>
#include <vector>

#include "engine/context.hpp"
#include "engine/tensor.hpp"
#include "io/frame.hpp"
#include "io/topology.hpp"
#include "models/allatom/trace_fixes.hpp"

namespace regrain::driver {

enum class BeadKind { cb, residue };  // CB (CA in glycines); CM, the centre of mass of a residue's heavy atoms

// The beads of a structure without alpha carbons, one a residue: every residue has a CM, or every one a CB, glycines a CA.
// Empty if it is no such trace.
std::vector<int> trace_beads(const io::Topology& structure, BeadKind kind);

// Brings beads to where alpha carbons are.
class BeadTrace {
 public:
  // Throws Error(checkpoint) naming the file of shipped weights if they are damaged.
  explicit BeadTrace(BeadKind kind);

  // One alpha carbon a residue in place of the beads.
  static io::Topology trace_of(io::Topology beads);
  // In place.
  void shift(Context& context, const models::allatom::Sequence& sequence, io::Frame& frame) const;
  // Then, as --fix-ca does, but for bonds of up to 6.5 Angstrom.
  static models::allatom::TraceFixes mend(Context& context, const models::allatom::Sequence& sequence, io::Frame& frame);
  std::string text() const;  // "CB" or "CM"

 private:
  BeadKind kind_;
  Tensor<float> weight_W3_;
};

}  // namespace regrain::driver
