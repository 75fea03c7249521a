// Beads besides alpha carbons tell where a side chain is: those of its draws are likely whose own bead would lie there.
#pragma once

#include "kernels/side_chains.hpp"
#include "models/allatom/side_chain_templates.hpp"

namespace regrain::models::allatom {

// Centres of mass of heavy atoms: of the side chain, CB included, or of the whole residue.
enum SideBead : char { kNoBead = 0, kSideChainBead = 1, kResidueBead = 2 };

// How far beads lie from where the true atoms have them, predicted backbones included.
constexpr double kBeadSpread = 0.35;  // Angstrom

// logp_NS: logarithm of a normal distribution of the bead around that of each draw, without its constant; 0 for residues
// without a bead. bead_N3: Angstrom. Mean field and picks take it beside the draws' own distribution.
template <class T>
void bead_likelihoods(Cpu, View<const int, 1> type_N, View<const T, 3> backbone_N43, View<const T, 3> chi_NS4, View<const char, 1> bead_of_N,
                      View<const T, 2> bead_N3, double spread, View<T, 2> logp_NS);

}  // namespace regrain::models::allatom
