#include "models/cgvae/batch.hpp"

#include <algorithm>

#include "kernels/neighbors.hpp"

namespace regrain::models {

namespace {

using kernels::Edge;

// Edges within a cutoff, frame by frame, in one numbering.
template <class T>
Graph radius_graph(Context& context, int n_frames, int n, const Tensor<T>& x, double cutoff) {
  std::vector<Edge> edges;
  context.visit([&](auto be) {
    for (int f = 0; f < n_frames; ++f) {
      const View<const T, 2> frame(x.data() + std::size_t{3} * f * n, {n, 3});
      for (auto [i, j] : kernels::neighbor_pairs<T>(be, frame, static_cast<T>(cutoff))) {
        edges.push_back({f * n + i, f * n + j});
        edges.push_back({f * n + j, f * n + i});
      }
    }
  });
  return kernels::make_graph(n_frames * n, n_frames * n, edges);
}

// of encoder and prior
const GateLayout& message_gates(const CgvaeConfig& config) {
  return config.dead_branches ? kernels::kEquivariantGates : kernels::kScalarGate;
}

std::vector<int> frame_offsets(int n_frames, int n) {
  std::vector<int> offset;
  for (int f = 0; f <= n_frames; ++f) offset.push_back(f * n);
  return offset;
}

template <class T>
FilterGraph<T> filter_graph(Context& context, Graph graph, const Tensor<T>& x_dst, const Tensor<T>& x_src, double cutoff,
                            int n_rbf, const std::vector<int>& offsets, const GateLayout& gates) {
  FilterGraph<T> out;
  context.visit([&](auto be) {
    out = kernels::make_filter_graph<T>(be, std::move(graph), x_dst.ref(), x_src.ref(), static_cast<T>(cutoff), n_rbf,
                                        offsets, gates);
  });
  return out;
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

template <class T>
BeadBatch<T> make_bead_batch(Context& context, const CgvaeConfig& config, const BeadSystem& system, int n_frames,
                             const std::vector<T>& bead_xyz) {
  const int n = system.n_beads, n_atoms = system.n_atoms();
  REGRAIN_CHECK(bead_xyz.size() == std::size_t{3} * n_frames * n, "bead batch: ", bead_xyz.size(), " coordinates for ",
                n_frames, " frames of ", n, " beads");
  BeadBatch<T> batch;
  batch.n_frames = n_frames;
  batch.x_B3 = Tensor<T>({n_frames * n, 3}, bead_xyz);
  batch.bead_index_B = Tensor<int>({n_frames * n});
  batch.channel_A = Tensor<int>({n_frames * n_atoms});
  std::vector<int> owner;
  for (int f = 0; f < n_frames; ++f) {
    for (int b = 0; b < n; ++b) batch.bead_index_B[f * n + b] = b;
    std::vector<int> size(static_cast<std::size_t>(n));
    for (int i = 0; i < n_atoms; ++i) {
      const int b = system.bead_of_atom[i];
      batch.channel_A[f * n_atoms + i] = size[b]++;
      owner.push_back(f * n + b);
    }
  }
  batch.beads = kernels::pooling_graph(n_frames * n, owner);
  const Graph edges = radius_graph(context, n_frames, n, batch.x_B3, config.bead_cutoff);
  const std::vector<int> offsets = frame_offsets(n_frames, n);
  batch.prior_graph = filter_graph(context, edges, batch.x_B3, batch.x_B3, config.bead_cutoff, config.n_rbf, offsets,
                                   message_gates(config));
  batch.decoder_graph = filter_graph(context, edges, batch.x_B3, batch.x_B3, config.decoder_filter_cutoff(),
                                     config.n_rbf, offsets, kernels::kPseudoGates);
  return batch;
}

template <class T>
AtomBatch<T> make_atom_batch(Context& context, const CgvaeConfig& config, const BeadSystem& system,
                             const BeadBatch<T>& beads, const std::vector<T>& atom_xyz) {
  const int n = system.n_atoms(), n_frames = beads.n_frames;
  REGRAIN_CHECK(atom_xyz.size() == std::size_t{3} * n_frames * n, "atom batch: ", atom_xyz.size(), " coordinates for ",
                n_frames, " frames of ", n, " atoms");
  AtomBatch<T> batch;
  batch.xyz_A3 = Tensor<T>({n_frames * n, 3}, atom_xyz);
  batch.atomic_number_A = Tensor<int>({n_frames * n});
  std::vector<std::pair<int, int>> bonds;
  for (int f = 0; f < n_frames; ++f) {
    std::copy(system.atomic_number.begin(), system.atomic_number.end(), batch.atomic_number_A.begin() + f * n);
    for (const auto& [i, j] : system.bonds) bonds.emplace_back(f * n + i, f * n + j);
  }
  batch.bonds = kernels::make_graph(n_frames * n, n_frames * n, kernels::both_directions(bonds));
  batch.atom_graph = filter_graph(context, radius_graph(context, n_frames, n, batch.xyz_A3, config.atom_cutoff),
                                  batch.xyz_A3, batch.xyz_A3, config.encoder_filter_cutoff(), config.n_rbf,
                                  frame_offsets(n_frames, n), message_gates(config));
  // r = x_atom - X_bead: a message from the atom to its bead
  batch.pooling_graph = filter_graph(context, beads.beads, beads.x_B3, batch.xyz_A3, kPoolingCutoff, config.n_rbf, {},
                                     message_gates(config));
  return batch;
}

#define REGRAIN_INSTANTIATE(T)                                                                                    \
  template BeadBatch<T> make_bead_batch<T>(Context&, const CgvaeConfig&, const BeadSystem&, int,                  \
                                           const std::vector<T>&);                                                \
  template AtomBatch<T> make_atom_batch<T>(Context&, const CgvaeConfig&, const BeadSystem&, const BeadBatch<T>&,  \
                                           const std::vector<T>&);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
