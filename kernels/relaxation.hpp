// Relaxation of overlaps by turning chi angles and peptides: CA stay where they are, and so do all bond lengths, bond
// angles of side chains and chiralities.
//
// Unknowns are the chi of every residue and one angle a trans peptide, a turn of C and O of a residue and N of the next
// about the line of their CA; CB and the side chain follow their backbone as a rigid body. Every atom adds up its own
// forces, so pairs are computed twice and each row has one writer: the bits don't depend on threads. Distances run
// along the other atoms as vectors, sorted by class, so that a vector has one threshold.
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"
#include "kernels/side_chains.hpp"

namespace regrain::kernels {

struct RelaxationSettings {
  int steps = 30, renew = 10;  // steps in all; steps after which lists of near atoms are made anew
  double chi_rate = 0.06, peptide_rate = 0.02;  // of Adam, radians
  double buffer = 0.05;             // Angstrom; overlaps are pushed apart this much further
  double weight = 10;               // per A^2, of the squares of overlaps
  double chi_restraint = 1;         // (1 - cos) of the turn from the start
  double peptide_restraint = 30;    // the same
  double angle_weight = 0.1;        // of (|N-CA-C - 111 degrees| / 2.8 degrees - angle_free)^2 / 2 beyond it
  double angle_free = 1.3;          // deviations from 111 degrees without a force
  double ring_closure = 30;         // per A^2, of the bond that closes a proline's ring
  double disulfide = 10;            // per A^2, of the distance of two SG from 2.05 A, for those within 3 A at the start
  double margin = 1.2;              // Angstrom; how much further lists of near atoms reach
};

constexpr int kTurns = kChi + 1;  // unknowns of a residue: chi, then the turn of the peptide to the next one

// What of a residue is unknown: nothing, chi and the peptides beside it, chi alone.
enum ResidueMotion : char { kStands = 0, kMoves = 1, kSideChainMoves = 2 };

// What is relaxed; the arrays must outlive the use.
template <class T>
struct RelaxedView {
  SideChainTables<T> tables;
  int n_residues;
  const int* type;     // (R)
  const char* moving;  // (R) a ResidueMotion
  const char* linked;  // (R) 1: it has a peptide bond to the residue behind it
  const T* backbone;   // (R, 4, 3) at no turn
  const T* given;      // (R, 14, 3) atoms of residues that don't move; may be null if all do
};

// Relaxes each set [first_of_set[g], first_of_set[g + 1]) from turns_R5 = (chi, 0) and leaves there the turns with the
// fewest overlaps among those at the start and at every renewal of the lists, the last ones among equals: no set ends
// with more overlaps than it began with. `near` are the residues whose CA are within the sum of their reaches, kMostDistance,
// buffer and margin, or more.
template <class T>
void relax(Cpu, RelaxedView<T> residues, GraphView near, RelaxationSettings settings,
           View<const int, 1> first_of_set_G1, View<T, 2> turns_R5);
template <class T>
void relax(Cuda, RelaxedView<T> residues, GraphView near, RelaxationSettings settings,
           View<const int, 1> first_of_set_G1, View<T, 2> turns_R5);

// atoms_R14_3 at turns_R5
template <class T>
void place_turned(Cpu, RelaxedView<T> residues, View<const T, 2> turns_R5, View<T, 3> atoms_R14_3);
template <class T>
void place_turned(Cuda, RelaxedView<T> residues, View<const T, 2> turns_R5, View<T, 3> atoms_R14_3);

// Energy of turns_R5 and its derivative, restraints to start_R5 included; what tests look at.
template <class T>
double relaxation_energy(Cpu, RelaxedView<T> residues, GraphView near, RelaxationSettings settings,
                         View<const T, 2> start_R5, View<const T, 2> turns_R5, View<T, 2> dturns_R5);

// Pairs of atoms that overlap in each set, by the rule of kernels/overlap.hpp.
template <class T>
void count_overlaps(Cpu, RelaxedView<T> residues, GraphView near, View<const int, 1> first_of_set_G1,
                    View<const T, 2> turns_R5, View<int, 1> count_G);
template <class T>
void count_overlaps(Cuda, RelaxedView<T> residues, GraphView near, View<const int, 1> first_of_set_G1,
                    View<const T, 2> turns_R5, View<int, 1> count_G);

}  // namespace regrain::kernels
