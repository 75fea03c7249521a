// Batches of the alpha-carbons-to-atoms VAE in the memory of a backend.
#include "models/genzprot/batch.hpp"
#include "models/residues.hpp"

namespace regrain::models {

namespace {

template <class T>
EdgeSet<T> to_backend(Context& context, const EdgeSet<T>& edges) {
  return {to_backend(context, edges.y_E9), to_backend(context, edges.inputs_EI)};
}

}  // namespace

template <class T>
TraceBatch<T> to_backend(Context& context, const TraceBatch<T>& batch) {
  const auto copy = [&](const auto& x) { return to_backend(context, x); };
  TraceBatch<T> there;
  there.use = batch.use;
  there.protein = batch.protein;
  there.first_residue = batch.first_residue;
  there.n_atoms = batch.n_atoms;
  there.trace_N3 = copy(batch.trace_N3);
  there.ca_R3 = copy(batch.ca_R3);
  there.type_R = copy(batch.type_R);
  there.trace_R = copy(batch.trace_R);
  there.atom_RS = copy(batch.atom_RS);
  there.slots = copy(Tensor<int>::from(placement_slots()));
  there.parents = copy(Tensor<int>::from(placement_parents()));
  there.graph = copy(batch.graph);
  there.edges = copy(batch.edges);
  return there;
}

template <class T>
ProteinBatch<T> to_backend(Context& context, const ProteinBatch<T>& batch) {
  const auto copy = [&](const auto& x) { return to_backend(context, x); };
  ProteinBatch<T> there;
  there.xyz_A3 = copy(batch.xyz_A3);
  there.atomic_number_A = copy(batch.atomic_number_A);
  there.atom_graph = copy(batch.atom_graph);
  there.atom_edges = copy(batch.atom_edges);
  there.atom_to_residue = copy(batch.atom_to_residue);
  there.residue_to_atom = copy(batch.residue_to_atom);
  there.cross_edges = copy(batch.cross_edges);
  there.target_RT3 = copy(batch.target_RT3);
  there.mask_RT = copy(batch.mask_RT);
  there.keep_A = copy(batch.keep_A);
  there.target_xyz_A3 = copy(batch.target_xyz_A3);
  there.n_kept = batch.n_kept;
  there.near = copy(batch.near);
  there.clash = copy(batch.clash);
  there.backbone = copy(batch.backbone);
  return there;
}

#define REGRAIN_INSTANTIATE(T)                                              \
  template TraceBatch<T> to_backend<T>(Context&, const TraceBatch<T>&);     \
  template ProteinBatch<T> to_backend<T>(Context&, const ProteinBatch<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
