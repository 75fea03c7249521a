#include "driver/bead_trace.hpp"

#include <algorithm>

#include "driver/pretrained.hpp"
#include "engine/errors.hpp"
#include "io/safetensors.hpp"
#include "models/allatom/ca_shift.hpp"

namespace regrain::driver {

namespace m = models::allatom;

// Angstrom; bonded CA are 3.8 apart and off by half an Angstrom each
constexpr double kBondedBeads = 6.5;

std::vector<int> trace_beads(const io::Topology& t, BeadKind kind) {
  std::vector<int> beads;
  for (int r = 0; r < t.n_residues(); ++r) {
    const bool glycine = kind == BeadKind::cb && t.residues[static_cast<std::size_t>(r)].name == "GLY";
    const int a = t.find_atom(r, kind == BeadKind::residue ? "CM" : glycine ? "CA" : "CB");
    if (a < 0) return {};
    beads.push_back(a);
  }
  return beads;
}

BeadTrace::BeadTrace(BeadKind kind) : kind_(kind), weight_W3_({m::kShiftRows, 3}) {
  const std::string path = shipped_file(kCaShift), name = kind == BeadKind::cb ? "cb.weight" : "com.weight";
  const std::vector<float> weights = io::Safetensors::load(path).floats(name);
  if (weights.size() != weight_W3_.size())
    fail(ErrorKind::checkpoint, path, ": ", name, " has ", weights.size(), " values, expected ", weight_W3_.size(), "; it belongs to another version");
  std::copy(weights.begin(), weights.end(), weight_W3_.begin());
}

io::Topology BeadTrace::trace_of(io::Topology beads) {
  for (io::Atom& atom : beads.atoms) atom = io::Atom{std::string("CA"), std::string("C"), atom.residue};
  return beads;
}

void BeadTrace::shift(Context& context, const m::Sequence& sequence, io::Frame& frame) const {
  const int n = sequence.n_residues();
  std::vector<float> ca(frame.xyz_A3.size());
  m::shift_to_ca<float>(context.host(), sequence, weight_W3_, View<const float, 2>(frame.xyz_A3.data(), {n, 3}), View<float, 2>(ca.data(), {n, 3}));
  frame.xyz_A3 = std::move(ca);
}

m::TraceFixes BeadTrace::mend(Context& context, const m::Sequence& sequence, io::Frame& frame) {
  m::TraceShape shape;
  shape.bonded_below = kBondedBeads;
  return m::fix_trace<float>(context.host(), sequence, View<float, 2>(frame.xyz_A3.data(), {sequence.n_residues(), 3}), shape);
}

std::string BeadTrace::text() const { return kind_ == BeadKind::cb ? "CB" : "CM"; }

}  // namespace regrain::driver
