// Draws of side chains laid out for energies: coordinates of an atom of all draws side by side, boxes around them, and
// the pairs of residues whose draws can touch.
//
// What chi moves are the slots from 5 on; N, CA, C, O and CB are fixed by the backbone, and so is the whole of a residue
// whose side chain is given or has no chi. Places behind the last draw are far from everything.
#pragma once

#include "engine/arena.hpp"
#include "engine/backend.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"
#include "kernels/side_chains.hpp"

namespace regrain::kernels {

constexpr int kMovingSlots = kResidueSlots - 5;
constexpr int kFirstMoving = 5;

// Residues with the draws of their side chains; the arrays must outlive the use.
template <class T>
struct DrawsView {
  SideChainTables<T> tables;
  int n_residues;
  int stride;            // of rows of draws: the most there may be, rounded up to whole vectors
  int pitch;             // draws_pitch()
  const int* type;       // (R)
  const int* count;      // (R) draws of a residue, 1 or more
  const char* moving;    // (R) 1: the residue has draws
  const char* linked;    // (R) 1: it has a peptide bond to the residue behind it
  const T* atoms;        // (R, 14, 3) atoms that don't move; of a moving residue slots 0 to 4
  const T* draws;        // (R, 9, 3, stride) of slots 5 to 13 of moving residues
  const T* boxes;        // (R, 9, 6) low and high corner around all draws of a slot

  // draws of residue i, rounded up to whole vectors
  REGRAIN_HD int width(int i) const { return (count[i] + pitch - 1) / pitch * pitch; }
};

// Rows of draws have a multiple of so many places, and how many for n_draws.
int draws_pitch();
int draws_stride(int n_draws);

// Fills draws and boxes of the first count_R of chi_RS4, and slots 0 to 4 of atoms_R14_3 of moving residues from their
// backbone. Behind the width of a residue nothing is written.
template <class T>
void lay_out_draws(Cpu, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R,
                   View<const T, 3> backbone_R43, View<const T, 3> chi_RS4, View<const int, 1> count_R, View<T, 3> atoms_R14_3,
                   View<T, 4> draws_R9_3S, View<T, 3> boxes_R9_6);
template <class T>
void lay_out_draws(Cuda, SideChainTables<T> tables, View<const int, 1> type_R, View<const char, 1> moving_R,
                   View<const T, 3> backbone_R43, View<const T, 3> chi_RS4, View<const int, 1> count_R, View<T, 3> atoms_R14_3,
                   View<T, 4> draws_R9_3S, View<T, 3> boxes_R9_6);

// Takes from `near`, a graph of residues for walks along the receivers, the pairs whose CA are further away than the sum
// of their reaches and `beyond`.
template <class T>
void keep_in_reach(SideChainTables<T> tables, View<const int, 1> type_R, View<const T, 2> ca_R3, T beyond, Graph& near);

// Who can touch whom: residue i has the pairs [offset[i], offset[i + 1]), in ascending order of partner. Both sides of a
// pair name one table of energies, (draws of the lower residue, width of the higher one), which begins at first[table].
struct PackingPairs {
  int n_tables, n_energies;
  const int *offset, *partner, *table;
  const int *lower, *higher;  // (tables) the two residues
  const int* first;           // (tables)
};

// `near` are the residues whose CA are within the sum of their reaches and kMostDistance, or more. Memory is the
// arena's. Throws Error(device) if there are more energies than an int counts.
template <class T>
PackingPairs packing_pairs(Cpu, DrawsView<T> residues, GraphView near, Arena& arena);
// The same, in device memory; waits for the device once, for the number of tables and their size.
template <class T>
PackingPairs packing_pairs(Cuda, DrawsView<T> residues, GraphView near, Arena& arena);

}  // namespace regrain::kernels
