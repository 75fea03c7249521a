// Which draw each residue takes: marginals by mean field, the draw of least expected error under them, a descent from
// there; or a random draw of all residues together by Gibbs sampling.
//
// The probability of one draw for each residue is proportional to exp(sum of logp - beta * energy). Mean field updates
// all residues from the last round's marginals, so its result doesn't depend on an order; descent and Gibbs sampling
// walk each set of residues in its own order, and sets run side by side.
#pragma once

#include <cstdint>

#include "kernels/packing_draws.hpp"
#include "kernels/packing_seed.hpp"

namespace regrain::kernels {

// What the draws of a residue are worth; rows of the residues' stride. logp may be null: all draws are as likely.
template <class T>
struct PackingEnergies {
  View<const T, 2> self_RS;   // (R, stride)
  View<const T, 1> pair_E;    // of pair_energies
  View<const T, 2> logp_RS;   // (R, draws)
  View<const char, 1> used{};  // of pair_energies; the Cpu leaves rows without a mark out, others ignore it
};

// marginal_RS (R, stride): from the probabilities of logp alone, `rounds` times half of itself and half of the softmax of
// logp - beta * (self energy + expected pair energies). 0 behind the last draw; draw 0 has all of it where nothing moves.
template <class T>
void mean_field(Cpu, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies, T beta, int rounds,
                View<T, 2> marginal_RS);
template <class T>
void mean_field(Cuda, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies, T beta, int rounds,
                View<T, 2> marginal_RS);

// error_RS(i, s): expected squared distance in A^2 of draw s of residue i from a draw of the marginals, summed over
// atoms; atoms which the symmetry of the last chi exchanges may be exchanged.
template <class T>
void expected_errors(Cpu, DrawsView<T> residues, View<const T, 2> marginal_RS, View<T, 2> error_RS);
template <class T>
void expected_errors(Cuda, DrawsView<T> residues, View<const T, 2> marginal_RS, View<T, 2> error_RS);

// pick_R(i): the draw of least error_RS; the first of equal ones.
template <class T>
void least_errors(Cpu, DrawsView<T> residues, View<const T, 2> error_RS, View<int, 1> pick_R);
template <class T>
void least_errors(Cuda, DrawsView<T> residues, View<const T, 2> error_RS, View<int, 1> pick_R);

// turns (R, K): of residues that move the chi of their picked draw, 0 elsewhere; K is 4 or more.
template <class T>
void take_draws(Cpu, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const T, 3> chi_RS4,
                View<const int, 1> pick_R, View<T, 2> turns_RK);
template <class T>
void take_draws(Cuda, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R, View<const T, 3> chi_RS4,
                View<const int, 1> pick_R, View<T, 2> turns_RK);

// `sweeps` times over the residues of each set [first_of_set[g], first_of_set[g + 1]): each takes the draw of least
// energy + error_weight * error_RS - logp_weight * logp with the others as they are, and stays with its own among equals.
template <class T>
void descend(Cpu, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies, View<const T, 2> error_RS,
             T error_weight, T logp_weight, int sweeps, View<const int, 1> first_of_set_G1, View<int, 1> pick_R);
template <class T>
void descend(Cuda, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies, View<const T, 2> error_RS,
             T error_weight, T logp_weight, int sweeps, View<const int, 1> first_of_set_G1, View<int, 1> pick_R);

// pick_R drawn from the distribution at `beta`: each residue from its marginals, then `sweeps` rounds of drawing one
// residue after another given all others. Draws depend on seed, the set's frame and sample and the residue's place in
// its set alone.
template <class T>
void gibbs_sample(Cpu, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies,
                  View<const T, 2> marginal_RS, T beta, int sweeps, PackingSeed seed, View<const int, 1> first_of_set_G1,
                  View<int, 1> pick_R);
template <class T>
void gibbs_sample(Cuda, DrawsView<T> residues, PackingPairs pairs, PackingEnergies<T> energies,
                  View<const T, 2> marginal_RS, T beta, int sweeps, PackingSeed seed, View<const int, 1> first_of_set_G1,
                  View<int, 1> pick_R);

}  // namespace regrain::kernels
