// Small structures for a list of training data: pieces of trp-cage, from several moments of its trajectory.
#pragma once

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "io/structure.hpp"
#include "io/trajectory.hpp"

namespace regrain::test {

inline void gzip(const std::string& from, const std::string& to) {
  std::ifstream file(from, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const gzFile gz = gzopen(to.c_str(), "wb");
  if (!gz || gzwrite(gz, bytes.data(), static_cast<unsigned>(bytes.size())) <= 0 || gzclose(gz) != Z_OK) throw std::runtime_error("no " + to);
  std::filesystem::remove(from);
}

// Some residues at some frames, each frame a model, by the name's extension, .gz too.
struct Piece {
  std::string name;
  int first_residue = 0, n_residues = 20;
  std::vector<std::size_t> frames{0};
  float scale = 1;
};

inline void write_piece(const std::string& folder, const Piece& piece) {
  const std::string trpcage = std::string(REGRAIN_SOURCE_DIR) + "/tests/data/trpcage/trpcage_330K_heavy";
  static const io::Structure all = io::load_frames({trpcage + ".xtc"}, trpcage + "_top.pdb", {});
  std::vector<int> atoms;
  for (int a = 0; a < all.topology.n_atoms(); ++a)
    if (const int r = all.topology.atoms[static_cast<std::size_t>(a)].residue; r >= piece.first_residue && r < piece.first_residue + piece.n_residues)
      atoms.push_back(a);
  const bool gz = piece.name.ends_with(".gz");
  const std::string path = folder + "/" + (gz ? piece.name.substr(0, piece.name.size() - 3) : piece.name);
  std::vector<io::Frame> frames;
  for (const std::size_t f : piece.frames) {
    io::Frame& frame = frames.emplace_back();
    for (const int a : atoms)
      for (int k = 0; k < 3; ++k) frame.xyz_A3.push_back(piece.scale * all.frames[f].xyz_A3[static_cast<std::size_t>(3 * a + k)]);
  }
  io::write_structure(path, io::subset(all.topology, atoms), frames, {.force = true});
  if (gz) gzip(path, path + ".gz");
}

// Four structures and their list: two to train on, one to validate, one to test.
inline const char* const kFourStructures = "# file\tpart\tn_residues\na.pdb\ttrain\t20\nb.cif.gz\ttrain\t9\nc.pdb.gz\tvalidation\t12\nd.cif\ttest\t7\n";
inline void write_four_structures(const std::string& folder) {
  for (const Piece& p : {Piece{"a.pdb", 0, 20}, Piece{"b.cif.gz", 2, 9, {100}}, Piece{"c.pdb.gz", 6, 12, {200}}, Piece{"d.cif", 0, 7, {300, 310, 320}}})
    write_piece(folder, p);
}

}  // namespace regrain::test
