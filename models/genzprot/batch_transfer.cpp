// Batches of the alpha-carbons-to-atoms VAE in the memory of a backend.
#include "models/genzprot/batch.hpp"
#include "models/residues.hpp"

namespace regrain::models {

template <class T>
void copy_to_backend(Context& context, const TraceBatch<T>& from, TraceBatch<T>& to, Room edge_room) {
  copy_members_to_backend(context, from, to, edge_room);
  regrain::copy_to_backend(context, Tensor<int>::from(placement_slots()), to.slots);
  regrain::copy_to_backend(context, Tensor<int>::from(placement_parents()), to.parents);
}

template void copy_to_backend<float>(Context&, const TraceBatch<float>&, TraceBatch<float>&, Room);
template void copy_to_backend<double>(Context&, const TraceBatch<double>&, TraceBatch<double>&, Room);

}  // namespace regrain::models
