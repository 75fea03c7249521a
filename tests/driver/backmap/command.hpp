// regrain backmap inside the test's own process, as main() calls it, and what its output must be like.
#pragma once

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "driver/commands/commands.hpp"
#include "engine/errors.hpp"
#include "io/trajectory.hpp"

namespace regrain::backmap_test {

using Words = std::vector<std::string>;

constexpr int kDone = 0, kBroken = -1;

struct Outcome {
  int exit_code = kDone;  // an ErrorKind; kBroken where something other than Error came out
  std::string talk;       // stderr
  std::string error;      // the message, if it failed
};

// One thread, so that a time is the CPU's.
inline Outcome backmap(const Words& words) {
  CLI::App app{"", "regrain"};
  driver::add_backmap(app);
  Words all{"regrain", "backmap", "--threads", "1"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& w : all) argv.push_back(w.data());
  std::ostringstream talk;
  std::streambuf* const terminal = std::cerr.rdbuf(talk.rdbuf());
  Outcome outcome;
  try {
    app.parse(static_cast<int>(argv.size()), argv.data());
  } catch (const Error& e) {
    outcome = {e.exit_code(), {}, e.what()};
  } catch (const std::exception& e) {
    outcome = {kBroken, {}, e.what()};
  }
  std::cerr.rdbuf(terminal);
  outcome.talk = talk.str();
  return outcome;
}

// Every residue of `in`, read as a trace, in `out` under its name, number and chain, CA where it was, and every atom finite
// and as near its CA as a residue is long. Frames correspond one to one.
inline void expect_built(const std::string& in, const std::string& top, const std::string& out) {
  const io::ReadOptions read{.unknown_as_ca = true};
  io::ReadOptions one = read;
  one.max_models = 1;
  const std::string& names = top.empty() ? in : top;
  const io::Structure given = io::read_structure(names, one), made = io::load_frames({out}, "", read);
  const std::vector<int> ca = io::alpha_carbons(given.topology, names);
  io::TrajectoryReader reader = io::TrajectoryReader::open(in, given, read);
  ASSERT_EQ(made.topology.n_residues(), given.topology.n_residues());
  ASSERT_EQ(made.topology.chains.size(), given.topology.chains.size());
  for (int r = 0; r < given.topology.n_residues(); ++r) {
    const std::string label = given.topology.residue_label(r), found = made.topology.residue_label(r);
    // mmCIF has no chain without a letter
    if (label.starts_with('/') && out.ends_with(".cif")) EXPECT_EQ(found.substr(found.find('/')), label);
    else EXPECT_EQ(found, label);
  }
  std::size_t f = 0;
  for (io::Frame frame; reader.next(frame); ++f) {
    ASSERT_LT(f, made.frames.size());
    const std::vector<float>& x = made.frames[f].xyz_A3;
    for (int r = 0; r < given.topology.n_residues(); ++r) {
      const io::Residue& residue = made.topology.residues[static_cast<std::size_t>(r)];
      const float *from = frame.xyz_A3.data() + 3 * ca[static_cast<std::size_t>(r)], *at = x.data() + 3 * made.topology.find_atom(r, "CA");
      // three digits behind the point are written
      for (int k = 0; k < 3; ++k) ASSERT_NEAR(at[k], from[k], 6e-4 + 2e-7 * std::abs(from[k])) << given.topology.residue_label(r);
      for (int a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a) {
        const float* atom = x.data() + 3 * a;
        ASSERT_LT(std::hypot(atom[0] - at[0], atom[1] - at[1], atom[2] - at[2]), 10)
            << made.topology.residue_label(r) << " " << made.topology.atoms[static_cast<std::size_t>(a)].name;
      }
    }
  }
  EXPECT_EQ(f, made.frames.size());
}

}  // namespace regrain::backmap_test
