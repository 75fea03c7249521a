#include "models/genzprot/batch.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "kernels/edge_inputs.hpp"
#include "kernels/gaussian.hpp"
#include "kernels/neighbors.hpp"
#include "kernels/spherical_harmonics.hpp"
#include "models/residues.hpp"

namespace regrain::models {

namespace {

using Pairs = std::vector<std::pair<int, int>>;

template <class T>
Pairs pairs_within(Context& context, View<const T, 2> xyz, double cutoff) {
  return kernels::neighbor_pairs<T>(context.host(), xyz, static_cast<T>(cutoff));
}

template <class T>
Tensor<T> harmonics_of(Context& context, const Tensor<T>& r_E3) {
  Tensor<T> y = Tensor<T>::unset({r_E3.dim(0), kernels::kHarmonics});
  kernels::spherical_harmonics<T>(context.host(), r_E3, y);
  return y;
}

// Edges among nodes that carry a label.
template <class T>
EdgeSet<T> labelled_edges(Context& context, const Graph& graph, View<const T, 2> x_N3, const Tensor<int>& label_N,
                          double label_scale, double reach) {
  const int n = graph.n_edges();
  Tensor<T> r = Tensor<T>::unset({n, 3}), inputs = Tensor<T>::unset({n, kernels::kLabelledInputs});
  kernels::edge_vectors<T>(context.host(), graph, x_N3, x_N3, r);
  kernels::labelled_inputs<T>(context.host(), graph, r, static_cast<T>(reach), label_N, label_N,
                              static_cast<T>(label_scale), inputs);
  return {harmonics_of(context, r), std::move(inputs)};
}

// Pairs whose distance lies in (from, to].
template <class T>
Pairs at_distance(const Pairs& pairs, const T* xyz, double from, double to) {
  Pairs out;
  for (const auto& [i, j] : pairs) {
    T d2 = 0;
    for (int k = 0; k < 3; ++k) d2 += (xyz[3 * i + k] - xyz[3 * j + k]) * (xyz[3 * i + k] - xyz[3 * j + k]);
    const T d = std::sqrt(d2);
    if (d > static_cast<T>(from) && d <= static_cast<T>(to)) out.emplace_back(i, j);
  }
  return out;
}

// Pairs that must not overlap: neighbours that are more than two bonds apart. The published code takes the
// symmetric difference of both lists, which lets pairs of a bond broken beyond the cutoff in.
Pairs clash_pairs(const GenzprotConfig& config, const Pairs& neighbors, const Pairs& near) {
  Pairs out;
  if (config.reference())
    std::set_symmetric_difference(neighbors.begin(), neighbors.end(), near.begin(), near.end(),
                                  std::back_inserter(out));
  else
    std::set_difference(neighbors.begin(), neighbors.end(), near.begin(), near.end(),
                        std::back_inserter(out));
  return out;
}

// Pairs whose ends count, where the published code doesn't take all.
Pairs counted(const GenzprotConfig& config, const Tensor<int>& keep_A, Pairs pairs) {
  if (!config.reference())
    std::erase_if(pairs, [&](const auto& pair) { return !keep_A[pair.first] || !keep_A[pair.second]; });
  return pairs;
}

// Where the residues of one protein and their atoms stand.
struct Places {
  Tensor<int> type_R, trace_R, atom_RS;

  explicit Places(const Protein& p)
      : type_R({p.n_residues()}), trace_R({p.n_residues()}), atom_RS({p.n_residues(), kSlots}) {
    for (int r = 0; r < p.n_residues(); ++r) {
      type_R[r] = p.type[r + 1];
      trace_R[r] = r + 1;
    }
    std::fill(atom_RS.begin(), atom_RS.end(), -1);
    for (int a = 0; a < p.n_atoms(); ++a) atom_RS[p.residue[a] * kSlots + p.slot[a]] = a;
  }
};

kernels::PlacementView placement_of(const Tensor<int>& type_R, const Tensor<int>& trace_R,
                                    const Tensor<int>& atom_RS) {
  return {type_R.dim(0),
          type_R.data(),
          trace_R.data(),
          atom_RS.data(),
          placement_slots().data(),
          placement_parents().data()};
}

template <class T>
TraceBatch<T> trace_frame(Context& context, const GenzprotConfig& config, const ProteinFrame<T>& from, TraceUse use) {
  const Protein& p = *from.protein;
  const int n = p.n_residues();
  TraceBatch<T> frame;
  frame.use = use;
  frame.protein = {&p};
  frame.first_residue = {0, n};
  frame.n_atoms = p.n_atoms();
  frame.trace_N3 = Tensor<T>::unset({p.n_trace(), 3});
  std::copy_n(from.trace_xyz, 3 * p.n_trace(), frame.trace_N3.data());
  frame.ca_R3 = Tensor<T>::unset({n, 3});
  std::copy_n(from.trace_xyz + 3, 3 * n, frame.ca_R3.data());
  Places places(p);
  frame.type_R = std::move(places.type_R);
  frame.trace_R = std::move(places.trace_R);
  frame.atom_RS = std::move(places.atom_RS);

  const View<const T, 2> ca_R3 = frame.ca_R3;
  const T cutoff = static_cast<T>(config.residue_cutoff);
  const bool training = use == TraceUse::training;
  Graph graph = kernels::neighbor_graph<T>(context.host(), ca_R3, cutoff, frame.first_residue,
                                           training ? kernels::GraphOrders::both : kernels::GraphOrders::receivers);
  if (training)
    frame.edges =
        labelled_edges<T>(context, graph, ca_R3, frame.type_R, config.residue_label_scale(), config.residue_reach());
  frame.graph = kernels::make_filter_graph<T>(context.host(), std::move(graph), ca_R3, ca_R3, cutoff, config.n_rbf,
                                              frame.first_residue, kernels::kScalarGate);
  return frame;
}

template <class T>
ProteinBatch<T> protein_frame(Context& context, const GenzprotConfig& config, const ProteinFrame<T>& from) {
  const Protein& p = *from.protein;
  const int n_atoms = p.n_atoms(), n = p.n_residues();
  ProteinBatch<T> frame;
  frame.xyz_A3 = Tensor<T>::unset({n_atoms, 3});
  std::copy_n(from.atom_xyz, 3 * n_atoms, frame.xyz_A3.data());
  frame.atomic_number_A = Tensor<int>({n_atoms}, p.atomic_number);
  frame.keep_A = Tensor<int>::unset({n_atoms});
  frame.mask_RT = Tensor<int>({n, kernels::kInternalRows});
  frame.target_xyz_A3 = frame.xyz_A3;
  Tensor<T> r_E3 = Tensor<T>::unset({n_atoms, 3});
  for (int a = 0; a < n_atoms; ++a) {
    const bool counts = !p.at_chain_end[p.residue[a] + 1];
    frame.keep_A[a] = counts;
    frame.n_kept += counts;
    if (!counts) std::fill_n(frame.target_xyz_A3.data() + 3 * a, 3, T(0));
    if (counts && p.slot[a] != kernels::kSlotCa)
      frame.mask_RT[p.residue[a] * kernels::kInternalRows + kernels::internal_row(p.slot[a])] = 1;
    for (int k = 0; k < 3; ++k)
      r_E3[3 * a + k] = from.atom_xyz[3 * a + k] - from.trace_xyz[3 * (p.residue[a] + 1) + k];
  }

  const Pairs close = pairs_within<T>(context, frame.xyz_A3, config.atom_cutoff);
  frame.near = kernels::symmetric_graph(n_atoms, counted(config, frame.keep_A, p.near_pairs));
  frame.clash = kernels::symmetric_graph(
      n_atoms, counted(config, frame.keep_A, clash_pairs(config, close, p.near_pairs)));
  const Pairs backbone = at_distance(p.backbone_pairs, from.atom_xyz, kBackboneFrom, kBackboneTo);
  frame.backbone = kernels::make_graph(n_atoms, n_atoms,
                                       kernels::both_directions(counted(config, frame.keep_A, backbone)));
  frame.atom_graph = kernels::symmetric_graph(n_atoms, close);
  frame.atom_edges = labelled_edges<T>(context, frame.atom_graph, frame.xyz_A3, frame.atomic_number_A,
                                       config.atom_label_scale(), config.atom_reach());
  frame.atom_to_residue = kernels::pooling_graph(n, p.residue);
  std::vector<kernels::Edge> down;
  for (int a = 0; a < n_atoms; ++a) down.push_back({a, p.residue[a]});
  frame.residue_to_atom = kernels::make_graph(n_atoms, n, down);
  frame.cross_edges.y_E9 = harmonics_of(context, r_E3);
  frame.cross_edges.inputs_EI = Tensor<T>::unset({n_atoms, kernels::kDistanceGaussians});
  frame.target_RT3 = Tensor<T>({n, kernels::kInternalRows, 3});
  const Places places(p);
  const View<const T, 2> trace_N3(from.trace_xyz, {p.n_trace(), 3});
  kernels::distance_inputs<T>(context.host(), r_E3, static_cast<T>(config.residue_reach()),
                              frame.cross_edges.inputs_EI);
  kernels::internal_coordinates<T>(context.host(), placement_of(places.type_R, places.trace_R, places.atom_RS),
                                   trace_N3, frame.xyz_A3, frame.target_RT3);
  // a row without a length hangs on an atom the file lacks
  for (std::size_t t = 0; t < frame.mask_RT.size(); ++t)
    if (frame.target_RT3[3 * t] == T(0)) frame.mask_RT[t] = 0;
  return frame;
}

}  // namespace

template <class T>
kernels::PlacementView TraceBatch<T>::placement() const {
  kernels::PlacementView view = placement_of(type_R, trace_R, atom_RS);
  if (slots.size()) {
    view.n_slots = slots.data();
    view.parents = parents.data();
  }
  return view;
}

template <class T>
TraceBatch<T> make_trace_batch(Context& context, const GenzprotConfig& config,
                               const std::vector<ProteinFrame<T>>& frames, TraceUse use) {
  return kernels::joined<TraceBatch<T>>(
      frames.size(), [&](std::size_t f) { return trace_frame(context, config, frames[f], use); });
}

template <class T>
ProteinBatch<T> make_protein_batch(Context& context, const GenzprotConfig& config,
                                   const std::vector<ProteinFrame<T>>& frames) {
  return kernels::joined<ProteinBatch<T>>(
      frames.size(), [&](std::size_t f) { return protein_frame(context, config, frames[f]); });
}

template <class T>
Tensor<T> latent_noise(Context& context, const GenzprotConfig& config, const TraceBatch<T>& trace,
                       std::uint64_t seed, const std::vector<std::uint32_t>& frame_number,
                       std::uint16_t sample) {
  REGRAIN_CHECK(static_cast<int>(frame_number.size()) == trace.n_frames(),
                "latent_noise: ", frame_number.size(), " numbers for ", trace.n_frames(), " frames");
  constexpr std::uint16_t kLatentDraw = 0x5A52;
  Tensor<T> eps({trace.n_residues(), config.latent});
  for (int f = 0; f < trace.n_frames(); ++f) {
    const int first = trace.first_residue[f], n = trace.first_residue[f + 1] - first;
    const Rng rng{.seed = seed, .step = frame_number[f], .op = kLatentDraw, .sample = sample};
    kernels::fill_normal<T>(context.host(), rng, 0, View<T, 1>(View<T, 2>(eps).row(first), {n * config.latent}));
  }
  return eps;
}

#define REGRAIN_INSTANTIATE(T)                                                                                     \
  template struct TraceBatch<T>;                                                                                   \
  template TraceBatch<T> make_trace_batch<T>(Context&, const GenzprotConfig&, const std::vector<ProteinFrame<T>>&, \
                                             TraceUse);                                                            \
  template ProteinBatch<T> make_protein_batch<T>(Context&, const GenzprotConfig&,                                  \
                                                 const std::vector<ProteinFrame<T>>&);                             \
  template Tensor<T> latent_noise<T>(Context&, const GenzprotConfig&, const TraceBatch<T>&, std::uint64_t,         \
                                     const std::vector<std::uint32_t>&, std::uint16_t);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
