// What training changes in a frame at random, so that the model sees each chain in more than one way. What is changed depends
// on the frame's random numbers and on places in the frame alone, so neither on its batch nor on threads.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend.hpp"
#include "engine/philox.hpp"
#include "kernels/graph.hpp"

namespace regrain::models::allatom {

// What a random number is for, in the upper half of Rng::op; the lower half is the caller's.
enum class Purpose : std::uint16_t { latent = 0, ca_noise = 1, ca_spread = 2, edges = 3, dropout = 4 };  // dropout + plane
constexpr int kMostDropoutPlanes = 256 - static_cast<int>(Purpose::dropout);

inline Rng rng_for(Rng frame, Purpose purpose, int plane = 0) {
  frame.op = static_cast<std::uint16_t>(frame.op | (static_cast<int>(purpose) + plane) << 8);
  return frame;
}

// A share of the frames is moved by a normal draw of a spread up to `most`, Angstrom. ca: (N, 3).
void add_ca_noise(Rng frame, double noisy_share, double most, std::vector<float>& ca);

// first_residue (F + 1) below: frame f has the residues [first_residue[f], first_residue[f + 1]).

// factor_PNH = 0 with probability p, else 1 / (1 - p), for the residues of frames; H is a multiple of 4. Throws Error(internal)
// where there are more planes than kMostDropoutPlanes.
void fill_dropout(Cpu be, const std::vector<Rng>& frames, const std::vector<int>& first_residue, double p, View<float, 3> factor_PNH);

// The graph without a share p of its edges.
kernels::Graph thinned(const kernels::Graph& graph, const std::vector<Rng>& frames, const std::vector<int>& first_residue, double p);

}  // namespace regrain::models::allatom
