// All atoms from a backbone and draws of chi: which draw every residue takes, and the relaxation of what still overlaps.
//
// Draws -> energies of draws and of pairs of them -> mean field -> the draw of least expected error -> a descent ->
// relaxation. With `sample` a Gibbs sample takes the place of the consensus. CA never move. Every set of residues (a
// frame, or a frame's chains together) is packed as if it were alone, so its result depends neither on the other sets
// nor on the number of threads.
#pragma once

#include <vector>

#include "engine/context.hpp"
#include "kernels/packing_energies.hpp"
#include "kernels/packing_picks.hpp"
#include "kernels/relaxation.hpp"
#include "models/allatom/side_chain_templates.hpp"

namespace regrain::models::allatom {

// What of a residue is given and stays: nothing, all atoms, N, CA, C and O.
enum GivenResidue : char { kNotGiven = 0, kGivenWhole = 1, kGivenBackbone = 2 };

// Arrays of all sets, one behind another; views without data are left out.
template <class T>
struct PackingInput {
  View<const int, 1> type_R;
  View<const T, 3> backbone_R43;      // N, CA, C, O; Angstrom
  View<const T, 3> chi_RS4;           // S draws a residue, 1 to kMostDraws; radians, beyond the type's chi ignored
  View<const int, 2> bins_RS;         // (R, S) what they were drawn by, kernels/chi_draws.hpp: draws that are alike are taken together
  int n_bins = 0;                     // to a turn; without bins_RS every draw is by itself
  View<const T, 2> logp_RS;           // how likely draws are beyond being drawn; left out: 0, draws of the model's own distribution
  std::vector<int> first_of_set;      // set g is residues [first_of_set[g], first_of_set[g + 1])
  View<const char, 1> linked_R;       // 1: bonded to the residue behind it; left out: in one set, CA within 4.5 A
  View<const char, 1> given_R;        // a GivenResidue each; left out: nothing
  View<const T, 3> given_R14_3;       // the atoms of whole ones; a given backbone is that of backbone_R43
  std::vector<int> frame, sample;     // of each set, for draws; empty: 0
  View<const T, 2> ca_R3;             // on the host, where backbone_R43 is on a device
};

struct PackingSettings {
  bool sample = false;            // a random draw in place of the consensus
  double beta = 0.5;              // inverse temperature of overlaps in the mean field
  int rounds = 10;                // of the mean field
  int sweeps = 2;                 // of the descent
  double error_weight = 0.1;      // per A^2 of expected error, against energies in the descent
  double sample_beta = 3;         // inverse temperature of overlaps in a random draw
  int sample_sweeps = 20;
  std::uint64_t seed = 0;
  kernels::PackingWeights weights{};
  bool relax = true;
  kernels::RelaxationSettings relaxation{};
};

template <class T>
struct PackingOutput {
  View<T, 2> chi_R4;        // (-pi, pi], 0 beyond the type's chi
  View<T, 3> backbone_R43;  // may be the input's
  View<T, 3> atoms_R14_3;   // 0 beyond the type's slots
};

// Throws Error(numbers) naming the residue where a coordinate or an angle isn't finite, Error(input) where far more
// residues lie in one place than a protein has.
template <class T>
void pack(Cpu, const PackingInput<T>& input, const PackingSettings& settings, const PackingOutput<T>& output);
// The same where the context's kernels work: backbone_R43, chi_RS4 and bins_RS lie there, all else on the host. On a device ca_R3
// and linked_R must be there, and nothing may be given. Waits for the device.
template <class T>
void pack(Context& context, const PackingInput<T>& input, const PackingSettings& settings, const PackingOutput<T>& output);

}  // namespace regrain::models::allatom
