#include "models/cgvae/batch.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/neighbors.hpp"

namespace regrain::models {

namespace {

template <class T>
Graph radius_graph(Context& context, const Tensor<T>& x_N3, double cutoff) {
  return kernels::neighbor_graph<T>(context.host(), x_N3, static_cast<T>(cutoff), {0, x_N3.dim(0)},
                                    kernels::GraphOrders::both);
}

// of encoder and prior
const GateLayout& message_gates(const CgvaeConfig& config) {
  return config.dead_branches ? kernels::kEquivariantGates : kernels::kScalarGate;
}

template <class T>
FilterGraph<T> filter_graph(Context& context, Graph graph, View<const T, 2> x_dst, View<const T, 2> x_src, double cutoff,
                            int n_rbf, const std::vector<int>& offsets, const GateLayout& gates) {
  return kernels::make_filter_graph<T>(context.host(), std::move(graph), x_dst, x_src, static_cast<T>(cutoff), n_rbf,
                                       offsets, gates);
}

}  // namespace

void BeadSystem::check() const {
  if (atomic_number.size() != bead_of_atom.size())
    fail(ErrorKind::input, "bead map: ", bead_of_atom.size(), " atoms in the map, ", atomic_number.size(), " in the system");
  std::vector<int> size(static_cast<std::size_t>(std::max(n_beads, 0)));
  for (std::size_t i = 0; i < bead_of_atom.size(); ++i) {
    if (bead_of_atom[i] < 0 || bead_of_atom[i] >= n_beads)
      fail(ErrorKind::input, "bead map: atom ", i, " belongs to bead ", bead_of_atom[i], " of ", n_beads);
    ++size[bead_of_atom[i]];
  }
  for (std::size_t b = 0; b < size.size(); ++b)
    if (size[b] == 0) fail(ErrorKind::input, "bead map: bead ", b, " has no atoms; ask for fewer beads or mend the map");
  for (const auto& [i, j] : bonds)
    REGRAIN_CHECK(i >= 0 && j >= 0 && i < n_atoms() && j < n_atoms(), "bead system: bond ", i, "-", j, " of ", n_atoms(), " atoms");
}

int BeadSystem::largest_bead() const {
  std::vector<int> size(static_cast<std::size_t>(n_beads));
  for (int b : bead_of_atom) ++size[b];
  return size.empty() ? 0 : *std::max_element(size.begin(), size.end());
}

namespace {

template <class T>
BeadBatch<T> bead_frame(Context& context, const CgvaeConfig& config, const BeadSystem& system, const T* bead_xyz) {
  const int n = system.n_beads;
  BeadBatch<T> frame;
  frame.n_frames = 1;
  frame.x_B3 = Tensor<T>::unset({n, 3});
  std::copy_n(bead_xyz, 3 * n, frame.x_B3.data());
  frame.bead_index_B = Tensor<int>::unset({n});
  std::iota(frame.bead_index_B.begin(), frame.bead_index_B.end(), 0);
  frame.channel_A = Tensor<int>::unset({system.n_atoms()});
  std::vector<int> size(static_cast<std::size_t>(n));
  for (int i = 0; i < system.n_atoms(); ++i) frame.channel_A[i] = size[system.bead_of_atom[i]]++;
  frame.beads = kernels::pooling_graph(n, system.bead_of_atom);
  const Graph edges = radius_graph(context, frame.x_B3, config.bead_cutoff);
  frame.prior_graph = filter_graph<T>(context, edges, frame.x_B3, frame.x_B3, config.bead_cutoff, config.n_rbf, {0, n},
                                   message_gates(config));
  frame.decoder_graph = filter_graph<T>(context, edges, frame.x_B3, frame.x_B3, config.decoder_filter_cutoff(),
                                     config.n_rbf, {0, n}, kernels::kPseudoGates);
  return frame;
}

template <class T>
AtomBatch<T> atom_frame(Context& context, const CgvaeConfig& config, const BeadSystem& system, const Graph& beads,
                        const T* bead_xyz, const T* atom_xyz) {
  const int n = system.n_atoms();
  AtomBatch<T> frame;
  frame.xyz_A3 = Tensor<T>::unset({n, 3});
  std::copy_n(atom_xyz, 3 * n, frame.xyz_A3.data());
  frame.atomic_number_A = Tensor<int>({n}, system.atomic_number);
  frame.bonds = kernels::make_graph(n, n, kernels::both_directions(system.bonds));
  frame.atom_graph = filter_graph<T>(context, radius_graph(context, frame.xyz_A3, config.atom_cutoff), frame.xyz_A3,
                                     frame.xyz_A3, config.encoder_filter_cutoff(), config.n_rbf, {0, n}, message_gates(config));
  // r = x_atom - X_bead: a message from the atom to its bead
  const View<const T, 2> x_B3(bead_xyz, {system.n_beads, 3});
  frame.pooling_graph = filter_graph<T>(context, beads, x_B3, frame.xyz_A3, kPoolingCutoff, config.n_rbf, {}, message_gates(config));
  return frame;
}

}  // namespace

template <class T>
BeadBatch<T> make_bead_batch(Context& context, const CgvaeConfig& config, const BeadSystem& system, int n_frames,
                             const std::vector<T>& bead_xyz) {
  const int n = system.n_beads;
  REGRAIN_CHECK(bead_xyz.size() == std::size_t{3} * n_frames * n, "bead batch: ", bead_xyz.size(), " coordinates for ",
                n_frames, " frames of ", n, " beads");
  return kernels::joined<BeadBatch<T>>(static_cast<std::size_t>(n_frames), [&](std::size_t f) {
    return bead_frame(context, config, system, bead_xyz.data() + 3 * f * static_cast<std::size_t>(n));
  });
}

template <class T>
AtomBatch<T> make_atom_batch(Context& context, const CgvaeConfig& config, const BeadSystem& system,
                             const BeadBatch<T>& beads, const std::vector<T>& atom_xyz) {
  const int n = system.n_atoms(), n_frames = beads.n_frames;
  REGRAIN_CHECK(atom_xyz.size() == std::size_t{3} * n_frames * n, "atom batch: ", atom_xyz.size(), " coordinates for ",
                n_frames, " frames of ", n, " atoms");
  const Graph pooling = kernels::pooling_graph(system.n_beads, system.bead_of_atom);
  return kernels::joined<AtomBatch<T>>(static_cast<std::size_t>(n_frames), [&](std::size_t f) {
    return atom_frame(context, config, system, pooling, beads.x_B3.data() + 3 * f * static_cast<std::size_t>(system.n_beads),
                      atom_xyz.data() + 3 * f * static_cast<std::size_t>(n));
  });
}

template <class T>
void join(const kernels::Parts<BeadBatch<T>>& parts, BeadBatch<T>& out) {
  using Batch = BeadBatch<T>;
  out.n_frames = 0;
  for (const Batch* p : parts) out.n_frames += p->n_frames;
  kernels::join_rows(parts, out, &Batch::x_B3);
  kernels::join_rows(parts, out, &Batch::bead_index_B);
  kernels::join_rows(parts, out, &Batch::channel_A);
  kernels::join_member(parts, out, &Batch::beads);
  kernels::join_member(parts, out, &Batch::prior_graph);
  kernels::join_member(parts, out, &Batch::decoder_graph);
}

template <class T>
void join(const kernels::Parts<AtomBatch<T>>& parts, AtomBatch<T>& out) {
  using Batch = AtomBatch<T>;
  kernels::join_rows(parts, out, &Batch::xyz_A3);
  kernels::join_rows(parts, out, &Batch::atomic_number_A);
  kernels::join_member(parts, out, &Batch::atom_graph);
  kernels::join_member(parts, out, &Batch::pooling_graph);
  kernels::join_member(parts, out, &Batch::bonds);
}

#define REGRAIN_INSTANTIATE(T)                                                                                    \
  template BeadBatch<T> make_bead_batch<T>(Context&, const CgvaeConfig&, const BeadSystem&, int,                  \
                                           const std::vector<T>&);                                                \
  template AtomBatch<T> make_atom_batch<T>(Context&, const CgvaeConfig&, const BeadSystem&, const BeadBatch<T>&,  \
                                           const std::vector<T>&);                                                \
  template void join<T>(const kernels::Parts<BeadBatch<T>>&, BeadBatch<T>&);                                      \
  template void join<T>(const kernels::Parts<AtomBatch<T>>&, AtomBatch<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
