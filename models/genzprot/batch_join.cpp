// Batches of a few frames one behind another; see batch.hpp.
#include "models/genzprot/batch.hpp"

namespace regrain::models {

using kernels::join_indices, kernels::join_member, kernels::join_rows, kernels::Parts;

// static instead of in an unnamed namespace, where join_member wouldn't find it
template <class T>
static void join(const Parts<EdgeSet<T>>& parts, EdgeSet<T>& out) {
  join_rows(parts, out, &EdgeSet<T>::y_E9);
  join_rows(parts, out, &EdgeSet<T>::inputs_EI);
}

template <class T>
void join(const Parts<TraceBatch<T>>& parts, TraceBatch<T>& out) {
  using Batch = TraceBatch<T>;
  std::vector<int> first_trace, first_atom;
  int n_trace = 0;
  out.use = parts.front()->use;
  out.protein.clear();
  out.first_residue = {0};
  out.n_atoms = 0;
  for (const Batch* p : parts) {
    REGRAIN_CHECK(p->use == out.use, "join: a batch for training and one for sampling");
    first_trace.push_back(n_trace);
    first_atom.push_back(out.n_atoms);
    n_trace += p->trace_N3.dim(0);
    out.n_atoms += p->n_atoms;
    out.protein.insert(out.protein.end(), p->protein.begin(), p->protein.end());
    const int first_residue = out.first_residue.back();
    for (std::size_t f = 1; f < p->first_residue.size(); ++f)
      out.first_residue.push_back(first_residue + p->first_residue[f]);
  }
  join_rows(parts, out, &Batch::trace_N3);
  join_rows(parts, out, &Batch::ca_R3);
  join_rows(parts, out, &Batch::type_R);
  join_indices(parts, out, &Batch::trace_R, first_trace);
  join_indices(parts, out, &Batch::atom_RS, first_atom);
  join_member(parts, out, &Batch::graph);
  join_member(parts, out, &Batch::edges);
}

template <class T>
void join(const Parts<ProteinBatch<T>>& parts, ProteinBatch<T>& out) {
  using Batch = ProteinBatch<T>;
  join_rows(parts, out, &Batch::xyz_A3);
  join_rows(parts, out, &Batch::atomic_number_A);
  join_member(parts, out, &Batch::atom_graph);
  join_member(parts, out, &Batch::atom_edges);
  join_member(parts, out, &Batch::atom_to_residue);
  join_member(parts, out, &Batch::residue_to_atom);
  join_member(parts, out, &Batch::cross_edges);
  join_rows(parts, out, &Batch::target_RT3);
  join_rows(parts, out, &Batch::mask_RT);
  join_rows(parts, out, &Batch::keep_A);
  join_rows(parts, out, &Batch::target_xyz_A3);
  join_member(parts, out, &Batch::near);
  join_member(parts, out, &Batch::clash);
  join_member(parts, out, &Batch::backbone);
  out.n_kept = 0;
  for (const Batch* p : parts) out.n_kept += p->n_kept;
}

#define REGRAIN_INSTANTIATE(T)                                        \
  template void join<T>(const Parts<TraceBatch<T>>&, TraceBatch<T>&); \
  template void join<T>(const Parts<ProteinBatch<T>>&, ProteinBatch<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
