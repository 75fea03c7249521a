// Frames of one system as one graph, with all that the network needs of the geometry.
//
// Frames know nothing of each other: a batch is made of batches of one frame, joined.
#pragma once

#include <utility>
#include <vector>

#include "autodiff/edge_filter.hpp"
#include "autodiff/segment.hpp"
#include "engine/context.hpp"
#include "kernels/join.hpp"
#include "models/cgvae/config.hpp"

namespace regrain::models {

// What stays the same over the frames of a system: fine particles ("atoms") and their beads.
struct BeadSystem {
  int n_beads = 0;
  std::vector<int> bead_of_atom;
  std::vector<int> atomic_number;           // 6 for every particle of a Calpha trace
  std::vector<std::pair<int, int>> bonds;   // pairs whose distance the graph loss watches
  bool centroid = true;                     // beads lie at the mean of their atoms

  int n_atoms() const { return static_cast<int>(bead_of_atom.size()); }
  // Throws Error(input) on an empty bead, a bead number out of range, or lengths that differ.
  void check() const;
  int largest_bead() const;
};

// What prior and decoder see. B counts the beads, A the atoms of all frames.
template <class T>
struct BeadBatch {
  int n_frames = 0;
  Tensor<T> x_B3;               // Angstrom
  Tensor<int> bead_index_B;     // within the frame
  Tensor<int> channel_A;        // rank of an atom in its bead
  Graph beads;                  // atoms -> beads
  FilterGraph<T> prior_graph, decoder_graph;

  static constexpr auto arrays() {
    using B = BeadBatch;
    return std::make_tuple(&B::x_B3, &B::bead_index_B, &B::channel_A, &B::beads, &B::prior_graph, &B::decoder_graph);
  }
  static constexpr auto numbers() { return std::make_tuple(&BeadBatch::n_frames); }
};

// What encoder and loss see as well.
template <class T>
struct AtomBatch {
  Tensor<T> xyz_A3;             // Angstrom
  Tensor<int> atomic_number_A;
  FilterGraph<T> atom_graph, pooling_graph;
  Graph bonds;                  // both directions

  static constexpr auto arrays() {
    using B = AtomBatch;
    return std::make_tuple(&B::xyz_A3, &B::atomic_number_A, &B::atom_graph, &B::pooling_graph, &B::bonds);
  }
};

// bead_xyz holds n_frames frames of n_beads, atom_xyz of n_atoms, Angstrom; one frame or more.
template <class T>
BeadBatch<T> make_bead_batch(Context& context, const CgvaeConfig& config, const BeadSystem& system, int n_frames,
                             const std::vector<T>& bead_xyz);
template <class T>
AtomBatch<T> make_atom_batch(Context& context, const CgvaeConfig& config, const BeadSystem& system,
                             const BeadBatch<T>& beads, const std::vector<T>& atom_xyz);

// One behind another, the same bits as if made together. `out` keeps its memory where that is large enough.
template <class T>
void join(const kernels::Parts<BeadBatch<T>>& parts, BeadBatch<T>& out);
template <class T>
void join(const kernels::Parts<AtomBatch<T>>& parts, AtomBatch<T>& out);

}  // namespace regrain::models
