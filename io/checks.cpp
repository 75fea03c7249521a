#include "io/checks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "engine/errors.hpp"

namespace regrain::io {
namespace {

// Distance of the alpha carbons of residues r and r + 1; negative if one is missing.
float ca_distance(const Topology& topology, const Frame& frame, int r) {
  const int a = topology.find_atom(r, "CA"), b = topology.find_atom(r + 1, "CA");
  if (a < 0 || b < 0) return -1;
  double squared = 0;
  for (size_t k = 0; k < 3; ++k) {
    const double d =
        double(frame.xyz_A3[static_cast<size_t>(a) * 3 + k]) - frame.xyz_A3[static_cast<size_t>(b) * 3 + k];
    squared += d * d;
  }
  return static_cast<float>(std::sqrt(squared));
}

}  // namespace

void check_finite(const Topology& topology, const Frame& frame, const std::string& file,
                  int64_t frame_index) {
  for (size_t i = 0; i < frame.xyz_A3.size(); ++i)
    if (!std::isfinite(frame.xyz_A3[i])) {
      const Atom& atom = topology.atoms.at(i / 3);
      fail(ErrorKind::numbers, file, ": frame ", frame_index, " (counted from 0): atom ", atom.name,
           " of residue ", topology.residue_label(atom.residue), " has the ", "xyz"[i % 3], " coordinate ",
           frame.xyz_A3[i],
           "; expected a finite number: remove this frame, or find out which program made it");
    }
}

void check_extent(const Topology& topology, const Frame& frame, const std::string& file,
                  int64_t frame_index) {
  constexpr float kFarthest = 1e5f, kBox = 20;
  constexpr size_t kMostInBox = 1000;                        // a protein has one residue in 130 A^3, so 60
  std::vector<std::pair<std::array<int, 3>, size_t>> boxes;  // and the particle in it
  for (size_t i = 0; i < frame.xyz_A3.size(); i += 3) {
    std::array<int, 3> box{};
    for (size_t k = 0; k < 3; ++k) {
      const float x = frame.xyz_A3[i + k];
      if (std::fabs(x) > kFarthest) {
        const Atom& atom = topology.atoms.at(i / 3);
        fail(ErrorKind::input, file, ": frame ", frame_index, " (counted from 0): atom ", atom.name,
             " of residue ", topology.residue_label(atom.residue), " has the ", "xyz"[k], " coordinate ", x,
             "; expected at most ", kFarthest,
             " Angstrom, where single precision still tells atoms apart: move the molecule to the origin, or "
             "remove this atom");
      }
      box[k] = static_cast<int>(std::floor(x / kBox));
    }
    boxes.emplace_back(box, i / 3);
  }
  std::sort(boxes.begin(), boxes.end());
  for (size_t i = 0; i + kMostInBox < boxes.size(); ++i)
    if (boxes[i].first == boxes[i + kMostInBox].first)
      fail(ErrorKind::input, file, ": frame ", frame_index, " (counted from 0): more than ", kMostInBox,
           " residues lie in the box of ", kBox, " Angstrom that holds ",
           topology.residue_label(topology.atoms.at(boxes[i].second).residue),
           "; expected a protein, about 60: are coordinates missing, or are several models read as one?");
}

void check_units(const Topology& topology, const Frame& frame, const std::string& file) {
  std::vector<float> distances;
  for (int r = 0; r + 1 < topology.n_residues(); ++r) {
    if (topology.residues[static_cast<size_t>(r)].chain !=
        topology.residues[static_cast<size_t>(r) + 1].chain)
      continue;
    const float d = ca_distance(topology, frame, r);
    if (d >= 0) distances.push_back(d);
  }
  if (distances.empty()) return;
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  const float median = *middle;
  if (median >= 2.8f && median <= 4.2f) return;
  const bool nanometres = median >= 0.28f && median <= 0.42f;
  fail(ErrorKind::input, file, ": consecutive alpha carbons are ", median,
       " apart (median); expected 3.8 Angstrom, between 2.8 and 4.2: ",
       nanometres ? "these look like nanometres, multiply the coordinates by 10"
                  : "check that the topology belongs to these coordinates and that the units are Angstrom");
}

std::vector<ChainBreak> find_chain_breaks(const Topology& topology, const Frame& frame, float longest) {
  std::vector<ChainBreak> breaks;
  for (int r = 0; r + 1 < topology.n_residues(); ++r) {
    const Residue &a = topology.residues[static_cast<size_t>(r)],
                  &b = topology.residues[static_cast<size_t>(r) + 1];
    if (a.chain != b.chain) continue;
    const float d = ca_distance(topology, frame, r);
    const bool gap = b.number > a.number + 1;
    if (d > longest || gap) breaks.push_back({r, std::max(d, 0.0f), gap, d > longest});
  }
  return breaks;
}

}  // namespace regrain::io
