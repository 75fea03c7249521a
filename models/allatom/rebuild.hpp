// From alpha carbons to all heavy atoms: backbone and draws of chi from the networks, packed into one structure a frame.
#pragma once

#include <vector>

#include "models/allatom/model.hpp"
#include "models/allatom/packing.hpp"
#include "models/allatom/side_chain_beads.hpp"

namespace regrain::models::allatom {

// How many of the draws are wide: drawn at a temperature of kWideTemperature, and with kWideLogp less likely, for side chains
// that find no room where the model expects them.
constexpr int wide_draws(int draws) { return draws / 10; }
constexpr double kWideTemperature = 3, kWideLogp = -4;
// Draws for the most plausible structure, from a distribution somewhat narrower than the model's: chi angles of the picks are
// right more often, distances are as near. Chosen on the shipped stage's validation chains.
constexpr double kPlausibleTemperature = 0.7;

struct RebuildSettings {
  int draws = 64;          // of every side chain, to pick from; see wide_draws
  double temperature = 1;  // of the draws
  int members = 0;         // of the model, the first ones; 0: all
  PackingSettings packing{};
};

// Frames to be rebuilt, each alone: a frame's atoms depend neither on the other frames nor on threads.
template <class T>
struct RebuildInput {
  std::vector<TraceFrame<T>> frames;
  std::vector<Rng> rng;            // of each frame's draws
  std::vector<int> frame, sample;  // of each, for PackingSettings::sample; empty: 0
  View<const T, 3> known_N14_3;    // models/allatom/known_atoms.hpp; without data nothing is known
  View<const char, 1> bead_of_N;   // a SideBead each; without data there are none
  View<const T, 2> bead_N3;
};

// (N, 14, 3), residues of all frames one behind another, Angstrom; 0 beyond a type's slots. All of it works where the
// context does, but packing with known atoms or beads, which is the host's; there, frames are taken some at a time. Throws
// Error(numbers) where a coordinate is not finite, Error(input) where far more residues lie in one place than a protein has.
template <class T>
Tensor<T> rebuild(Context& context, const Model<T>& model, const RebuildInput<T>& input, const RebuildSettings& settings);

extern template Tensor<float> rebuild(Context&, const Model<float>&, const RebuildInput<float>&, const RebuildSettings&);
extern template Tensor<double> rebuild(Context&, const Model<double>&, const RebuildInput<double>&, const RebuildSettings&);

}  // namespace regrain::models::allatom
