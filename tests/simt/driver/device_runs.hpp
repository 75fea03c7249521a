// Stages, frames and runs for tests of what the program does with a device: small, so that the emulation is quick.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "driver/batch_stream.hpp"
#include "driver/stage_config.hpp"
#include "driver/trainer.hpp"
#include "io/trajectory.hpp"
#include "tests/support/test_folder.hpp"

namespace regrain::driver {

// Six frames of the first seven residues of trp-cage, written into the folder; and configurations to train on them:
// beads to alpha carbons, or all atoms.
inline std::string write_frames(const test::TestFolder& folder) {
  const std::string trpcage = std::string(REGRAIN_SOURCE_DIR) + "/tests/data/trpcage/trpcage_330K_heavy", path = folder.path("seven.pdb");
  if (std::filesystem::exists(path)) return path;
  const io::Structure all = io::load_frames({trpcage + ".xtc"}, trpcage + "_top.pdb", {});
  std::vector<int> atoms;
  for (int a = 0; a < all.topology.n_atoms(); ++a)
    if (all.topology.atoms[static_cast<std::size_t>(a)].residue < 7) atoms.push_back(a);
  auto writer = io::TrajectoryWriter::open(path, io::subset(all.topology, atoms), {});
  for (std::size_t f = 0; f < 6; ++f) {
    io::Frame frame;
    for (int a : atoms)
      for (int k = 0; k < 3; ++k) frame.xyz_A3.push_back(all.frames[10 * f].xyz_A3[static_cast<std::size_t>(3 * a + k)]);
    writer.write(frame);
  }
  writer.close();
  return path;
}
inline io::Config small_config(const test::TestFolder& folder, const std::string& kind, const std::string& train,
                               const std::string& loss = "{}") {
  const std::string data = R"("data": {"trajectory": [")" + write_frames(folder) + R"("])", end = R"(}, "loss": )" + loss + R"(, "train": )" + train + "}";
  return parse_training_config(
      kind == "cgvae"
          ? R"({"model": {"kind": "cgvae", "channels": 8, "n_rbf": 4, "encoder_layers": 1, "decoder_layers": 2, "atom_cutoff": 9}, )" +
                data + R"(, "fine": "ca", "map": "fixed", "beads": 3)" + end
          : R"({"model": {"kind": "genzprot", "atom_cutoff": 4.5, "residue_cutoff": 9}, )" + data + end,
      kind);
}

inline DeviceChoice on(Device device) { return {device, 0}; }

inline void quiet(const std::string&) {}

// The rows of a run's log, header left out.
inline std::vector<std::vector<double>> log_of(const std::string& folder) {
  std::istringstream text(test::bytes_of(folder + "/log.csv"));
  std::vector<std::vector<double>> rows;
  std::string line;
  for (std::getline(text, line); std::getline(text, line);) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(std::stod(cell));
  }
  return rows;
}

// Single precision goes apart a little more every step.
inline void expect_near(const std::vector<std::vector<double>>& found, const std::vector<std::vector<double>>& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  ASSERT_FALSE(found.empty());
  for (std::size_t r = 0; r < found.size(); ++r) {
    ASSERT_EQ(found[r].size(), expected[r].size());
    for (std::size_t c = 0; c < found[r].size(); ++c)
      EXPECT_NEAR(found[r][c], expected[r][c], tolerance * (1e-3 + std::abs(expected[r][c]))) << "epoch " << r << ", column " << c;
  }
}

}  // namespace regrain::driver
