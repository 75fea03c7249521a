// Small inputs that several tests share.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/errors.hpp"
#include "io/frame.hpp"
#include "io/topology.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/test_folder.hpp"

namespace regrain::io {

using test::bytes_of, test::expect_error;
using test::TestFolder;

inline std::string data_file(const std::string& name) {
  return std::string(REGRAIN_SOURCE_DIR) + "/tests/data/" + name;
}

// Real proteins that are no part of the repository; "" where they aren't at hand.
inline std::string shared_data() {
  const char* given = std::getenv("REGRAIN_SHARED_DIR");
  const std::string folder = std::string(given ? given : REGRAIN_SOURCE_DIR "/../shared") + "/data";
  return std::filesystem::is_directory(folder) ? folder : "";
}

// splitmix64, so that a failing case can be run again from its seed
class Draws {
 public:
  explicit Draws(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() % n); }
  float uniform(float low, float high) {
    return low + (high - low) * static_cast<float>(bits() >> 40) * 0x1p-24f;
  }

 private:
  uint64_t state_;
};

// Chains of GLY-like residues with N, CA, C, O.
inline Topology small_topology(int n_residues, int n_chains = 1) {
  Topology topology;
  for (int c = 0; c < n_chains; ++c) {
    topology.chains.push_back(
        {std::string(1, static_cast<char>('A' + c)), topology.n_residues(), n_residues});
    for (int r = 0; r < n_residues; ++r) {
      const int residue = topology.n_residues();
      topology.residues.push_back({"GLY", r + 1, ' ', c, topology.n_atoms(), 4});
      for (const char* name : {"N", "CA", "C", "O"})
        topology.atoms.push_back({name, std::string(1, name[0]), residue});
    }
  }
  return topology;
}

// A random walk: neighbours near each other, as in a molecule.
inline Frame random_frame(int n_atoms, uint64_t seed, float step = 1.5f) {
  Draws draws(seed);
  Frame frame;
  float at[3] = {0, 0, 0};
  for (int a = 0; a < n_atoms; ++a)
    for (float& x : at) frame.xyz_A3.push_back(x += draws.uniform(-step, step));
  return frame;
}

inline void expect_near(const std::vector<float>& a, const std::vector<float>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << "at " << i;
}

inline void expect_same_topology(const Topology& a, const Topology& b) {
  ASSERT_EQ(a.n_atoms(), b.n_atoms());
  ASSERT_EQ(a.n_residues(), b.n_residues());
  ASSERT_EQ(a.chains.size(), b.chains.size());
  for (size_t i = 0; i < a.atoms.size(); ++i) {
    EXPECT_EQ(a.atoms[i].name, b.atoms[i].name);
    EXPECT_EQ(a.atoms[i].element, b.atoms[i].element);
    EXPECT_EQ(a.atoms[i].residue, b.atoms[i].residue);
  }
  for (int r = 0; r < a.n_residues(); ++r) EXPECT_EQ(a.residue_label(r), b.residue_label(r));
  for (size_t c = 0; c < a.chains.size(); ++c) EXPECT_EQ(a.chains[c].n_residues, b.chains[c].n_residues);
}

}  // namespace regrain::io
