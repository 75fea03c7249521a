// An alpha-carbon trace as the all-atom model reads it: segments, frames, invariant features, neighbours.
//
// A segment is a run of bonded residues: it ends with its chain, and where two CA are too far apart to be bonded.
// Beyond its ends two CA are made up, so that every residue has a frame.
#pragma once

#include <vector>

#include "engine/context.hpp"
#include "kernels/nearest.hpp"
#include "kernels/peptide.hpp"
#include "kernels/residue_edges.hpp"
#include "models/allatom/config.hpp"
#include "models/allatom/side_chain_templates.hpp"

namespace regrain::models::allatom {

using kernels::Graph;

constexpr double kBondedBelow = 5;  // Angstrom between CA; with noise 3.8 may become a good deal more

constexpr int kNearResidues = 4;    // places of the sequence on either side whose types and CA are features
constexpr int kWindow = 2 * kNearResidues + 1;
constexpr int kTypeRows = kTypes + 1;  // types and "no residue here"

// CA of -4 .. 4 in the residue's frame and of -3 .. 4 in the bond's, which of them exist, turns, bonds, distances, counts
constexpr int kTraceFeatures = 24 + 24 + 8 + 4 + 2 + 8 + 2;

// A protein: what is known of it without coordinates.
struct Sequence {
  std::vector<int> type;            // of each residue, a type of side_chain_templates.hpp
  std::vector<int> first_of_chain;  // residues chains begin with, then their number

  int n_residues() const { return static_cast<int>(type.size()); }
};

// N residues of one or several frames, one behind another.
template <class T>
struct Trace {
  std::vector<int> first_residue;  // of each frame, then their number
  Tensor<T> ca_N3;
  Tensor<T> residue_N33, bond_N33;  // frames, kernels/peptide.hpp
  Tensor<int> linked_N;             // 1: bonded to the next
  Tensor<int> place_N;              // kernels/residue_edges.hpp
  Tensor<int> type_N;
  Tensor<T> features_NF;            // kTraceFeatures
  Graph near;                       // the nearest residues
  Graph window, core_window;        // rows (place, type) of a table -> residue: 9 and 3 places of the sequence

  int n_residues() const { return ca_N3.dim(0); }
  kernels::TraceFrames<T> frames() const {
    return {View<const T, 2>(ca_N3), View<const T, 3>(residue_N33), View<const T, 3>(bond_N33), View<const int, 1>(linked_N)};
  }

  static constexpr auto arrays() {
    return std::make_tuple(&Trace::ca_N3, &Trace::residue_N33, &Trace::bond_N33, &Trace::linked_N, &Trace::place_N, &Trace::type_N,
                           &Trace::features_NF, &Trace::near, &Trace::window, &Trace::core_window);
  }
  static constexpr auto numbers() { return std::make_tuple(&Trace::first_residue); }
};

// Frame f of the batch: CA of every residue, (N,3), Angstrom.
template <class T>
struct TraceFrame {
  const Sequence* sequence;
  const T* ca_xyz;
};

// Made on the host. Residues of different frames know nothing of each other: a frame's rows don't depend on the batch.
// Any finite coordinates give finite numbers; others throw Error(numbers).
template <class T>
void make_trace(Context& context, const Config& config, const std::vector<TraceFrame<T>>& frames, Trace<T>& out);

}  // namespace regrain::models::allatom
