// Batches of the bead-to-atoms VAE in the memory of a backend.
#include "models/cgvae/batch.hpp"

namespace regrain::models {

template <class T>
BeadBatch<T> to_backend(Context& context, const BeadBatch<T>& batch) {
  const auto copy = [&](const auto& x) { return to_backend(context, x); };
  return {batch.n_frames,     copy(batch.x_B3),        copy(batch.bead_index_B),  copy(batch.channel_A),
          copy(batch.beads), copy(batch.prior_graph), copy(batch.decoder_graph)};
}

template <class T>
AtomBatch<T> to_backend(Context& context, const AtomBatch<T>& batch) {
  const auto copy = [&](const auto& x) { return to_backend(context, x); };
  return {copy(batch.xyz_A3), copy(batch.atomic_number_A), copy(batch.atom_graph), copy(batch.pooling_graph),
          copy(batch.bonds)};
}

#define REGRAIN_INSTANTIATE(T)                                            \
  template BeadBatch<T> to_backend<T>(Context&, const BeadBatch<T>&);     \
  template AtomBatch<T> to_backend<T>(Context&, const AtomBatch<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
