// Traces to start from: trp-cage's alpha carbons, and a piece of it again as a second chain.
#pragma once

#include <string>
#include <vector>

#include "io/trajectory.hpp"
#include "tests/driver/backmap/command.hpp"

namespace regrain::backmap_test {

// Residues [first, first + n) of trp-cage at one moment of its trajectory, moved along x.
struct Piece {
  char chain = 'A';
  int first = 0, n = 20;
  float shift = 0;  // Angstrom
  std::size_t moment = 0;
};

inline const io::Structure& trpcage() {
  static const io::Structure all = [] {
    const std::string path = std::string(REGRAIN_SOURCE_DIR) + "/tests/data/trpcage/trpcage_330K_heavy";
    io::Structure s = io::load_frames({path + ".xtc"}, path + "_top.pdb");
    const std::vector<int> ca = io::alpha_carbons(s.topology, "trp-cage");
    for (io::Frame& f : s.frames) {
      std::vector<float> xyz;
      for (const int a : ca) xyz.insert(xyz.end(), f.xyz_A3.begin() + 3 * a, f.xyz_A3.begin() + 3 * a + 3);
      f.xyz_A3 = std::move(xyz);
    }
    s.topology = io::subset(s.topology, ca);
    return s;
  }();
  return all;
}

struct Trace {
  io::Topology topology;
  std::vector<io::Frame> frames;

  float* ca(int r, std::size_t frame = 0) { return frames[frame].xyz_A3.data() + 3 * r; }
  io::Residue& residue(int r) { return topology.residues[static_cast<std::size_t>(r)]; }

  void write(const std::string& path) const {
    io::TrajectoryWriter writer = io::TrajectoryWriter::open(path, topology, {.force = true}, static_cast<std::int64_t>(frames.size()));
    for (const io::Frame& f : frames) writer.write(f);
    writer.close();
  }
};

// Pieces one behind another, each a chain; further frames are later moments.
inline Trace trace_of(const std::vector<Piece>& pieces, int n_frames = 1) {
  Trace t;
  t.frames.resize(static_cast<std::size_t>(n_frames));
  for (const Piece& p : pieces) {
    t.topology.chains.push_back({std::string(1, p.chain), t.topology.n_residues(), p.n});
    for (int r = p.first; r < p.first + p.n; ++r) {
      const io::Residue& from = trpcage().topology.residues[static_cast<std::size_t>(r)];
      const int place = t.topology.n_residues();
      t.topology.residues.push_back({from.name, from.number, ' ', static_cast<int>(t.topology.chains.size()) - 1, place, 1});
      t.topology.atoms.push_back({"CA", "C", place});
      for (std::size_t f = 0; f < t.frames.size(); ++f)
        for (int k = 0; k < 3; ++k)
          t.frames[f].xyz_A3.push_back(trpcage().frames[p.moment + 50 * f].xyz_A3[static_cast<std::size_t>(3 * r + k)] + (k == 0 ? p.shift : 0));
    }
  }
  return t;
}

inline Trace one_chain() { return trace_of({Piece{}}); }
// 28 residues in two chains.
inline Trace two_chains(int n_frames = 1) { return trace_of({{'A', 0, 20, 0}, {'B', 6, 8, 30}}, n_frames); }

}  // namespace regrain::backmap_test
