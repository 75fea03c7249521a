// Frames of one or several proteins as one graph, with all that the networks need of the geometry.
//
// Frames know nothing of each other: a batch is made of batches of one frame, joined (batch_join.cpp).
#pragma once

#include <vector>

#include "autodiff/edge_filter.hpp"
#include "autodiff/internal_coordinates.hpp"
#include "autodiff/segment.hpp"
#include "engine/context.hpp"
#include "kernels/join.hpp"
#include "models/genzprot/config.hpp"
#include "models/genzprot/protein.hpp"

namespace regrain::models {

// Edges with their directions and what the edge networks see of them.
template <class T>
struct EdgeSet {
  Tensor<T> y_E9;
  Tensor<T> inputs_EI;

  static constexpr auto arrays() { return std::tuple<>(); }
  static constexpr auto edge_arrays() { return std::make_tuple(&EdgeSet::y_E9, &EdgeSet::inputs_EI); }
};

// What a batch is made for. Sampling has no derivative, so of the edges only what the decoder's layers read again and
// again is kept: a quarter of the memory, and the same bits.
enum class TraceUse { training, sampling };

// What prior and decoder see. R counts the residues placed, N the whole CA trace, of all frames.
template <class T>
struct TraceBatch {
  TraceUse use = TraceUse::training;
  std::vector<const Protein*> protein;  // of each frame
  std::vector<int> first_residue;       // of each frame, and their number at the end
  Tensor<T> trace_N3;                   // Angstrom
  Tensor<T> ca_R3;                      // the rows of it that are placed
  Tensor<int> type_R, trace_R;          // residue type, place in the trace
  Tensor<int> atom_RS;                  // (R, 14) the atom in a slot, -1 if there is none
  int n_atoms = 0;
  FilterGraph<T> graph;  // between residues
  EdgeSet<T> edges;      // empty for sampling

  int n_frames() const { return static_cast<int>(protein.size()); }
  int n_residues() const { return type_R.dim(0); }
  // Of a batch on a device, a copy of the tables of residues.hpp; empty on the host, which reads those.
  Tensor<int> slots, parents;
  kernels::PlacementView placement() const;

  static constexpr auto arrays() {
    using B = TraceBatch;
    return std::make_tuple(&B::trace_N3, &B::ca_R3, &B::type_R, &B::trace_R, &B::atom_RS, &B::graph, &B::edges, &B::slots,
                           &B::parents);
  }
  static constexpr auto numbers() {
    return std::make_tuple(&TraceBatch::use, &TraceBatch::protein, &TraceBatch::first_residue, &TraceBatch::n_atoms);
  }
};

// What encoder and losses see as well.
template <class T>
struct ProteinBatch {
  Tensor<T> xyz_A3;  // Angstrom
  Tensor<int> atomic_number_A;
  Graph atom_graph;  // between atoms
  EdgeSet<T> atom_edges;
  Graph atom_to_residue, residue_to_atom;  // edge number = atom number in both
  EdgeSet<T> cross_edges;                  // r = x_atom - x_CA for both

  Tensor<T> target_RT3;     // true internal coordinates
  Tensor<int> mask_RT;      // rows that count
  Tensor<int> keep_A;       // atoms that count in losses of xyz
  Tensor<T> target_xyz_A3;  // xyz_A3, 0 where keep_A is 0
  int n_kept = 0;
  Graph near, clash, backbone;  // pairs, both directions

  static constexpr auto arrays() {
    using B = ProteinBatch;
    return std::make_tuple(&B::xyz_A3, &B::atomic_number_A, &B::atom_graph, &B::atom_edges, &B::atom_to_residue,
                           &B::residue_to_atom, &B::cross_edges, &B::target_RT3, &B::mask_RT, &B::keep_A, &B::target_xyz_A3,
                           &B::near, &B::clash, &B::backbone);
  }
  static constexpr auto numbers() { return std::make_tuple(&ProteinBatch::n_kept); }
};

// One frame: the CA of every residue of the file, and the atoms the protein lists.
template <class T>
struct ProteinFrame {
  const Protein* protein;  // must outlive the batch
  const T* trace_xyz;      // (n_trace, 3)
  const T* atom_xyz;       // (n_atoms, 3); not read by make_trace_batch
};

// One frame or more.
template <class T>
TraceBatch<T> make_trace_batch(Context& context, const GenzprotConfig& config,
                               const std::vector<ProteinFrame<T>>& frames, TraceUse use = TraceUse::training);
template <class T>
ProteinBatch<T> make_protein_batch(Context& context, const GenzprotConfig& config,
                                   const std::vector<ProteinFrame<T>>& frames);

// One behind another, the same bits as if made together. `out` keeps its memory where that is large enough.
template <class T>
void join(const kernels::Parts<TraceBatch<T>>& parts, TraceBatch<T>& out);
template <class T>
void join(const kernels::Parts<ProteinBatch<T>>& parts, ProteinBatch<T>& out);

// For a context's kernels, with the tables placement() reads.
template <class T>
void copy_to_backend(Context& context, const TraceBatch<T>& from, TraceBatch<T>& to, Room edge_room = exact_room);

// Noise for the latents of a batch, (R, latent). Frame f of the batch is named frame_number[f], and the draw
// of a residue depends on (seed, frame number, sample, residue, channel) alone.
template <class T>
Tensor<T> latent_noise(Context& context, const GenzprotConfig& config, const TraceBatch<T>& trace,
                       std::uint64_t seed, const std::vector<std::uint32_t>& frame_number,
                       std::uint16_t sample);

}  // namespace regrain::models
