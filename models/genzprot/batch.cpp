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

Pairs shifted(const Pairs& pairs, int by) {
  Pairs out;
  for (const auto& [i, j] : pairs) out.emplace_back(i + by, j + by);
  return out;
}

void append(Pairs& to, const Pairs& more) { to.insert(to.end(), more.begin(), more.end()); }

Graph pair_graph(int n, const Pairs& pairs) {
  return kernels::make_graph(n, n, kernels::both_directions(pairs));
}

template <class T>
Pairs pairs_within(Context& context, const T* xyz, int n, double cutoff) {
  Pairs pairs;
  context.visit([&](auto be) {
    pairs = kernels::neighbor_pairs<T>(be, View<const T, 2>(xyz, {n, 3}), static_cast<T>(cutoff));
  });
  return pairs;
}

template <class T>
Tensor<T> harmonics_of(Context& context, const Tensor<T>& r_E3) {
  Tensor<T> y({r_E3.dim(0), kernels::kHarmonics});
  context.visit([&](auto be) { kernels::spherical_harmonics<T>(be, r_E3, y); });
  return y;
}

// Edges among nodes that carry a label.
template <class T>
EdgeSet<T> labelled_edges(Context& context, const Graph& graph, const Tensor<T>& x_N3, const Tensor<int>& label_N,
                          double label_scale, double reach) {
  Tensor<T> r({graph.n_edges(), 3}), inputs({graph.n_edges(), kernels::kLabelledInputs});
  context.visit([&](auto be) {
    kernels::edge_vectors<T>(be, graph, x_N3, x_N3, r);
    kernels::labelled_inputs<T>(be, graph, r, static_cast<T>(reach), label_N, label_N, static_cast<T>(label_scale),
                                inputs);
  });
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

Pairs without_masked(const Pairs& pairs, const Tensor<int>& keep_A) {
  Pairs out;
  for (const auto& [i, j] : pairs)
    if (keep_A[i] && keep_A[j]) out.emplace_back(i, j);
  return out;
}

}  // namespace

template <class T>
kernels::PlacementView TraceBatch<T>::placement() const {
  return {n_residues(),
          type_R.data(),
          trace_R.data(),
          atom_RS.data(),
          placement_slots().data(),
          placement_parents().data()};
}

template <class T>
TraceBatch<T> make_trace_batch(Context& context, const GenzprotConfig& config,
                               const std::vector<ProteinFrame<T>>& frames, TraceUse use) {
  TraceBatch<T> batch;
  batch.use = use;
  int n_trace = 0;
  batch.first_residue = {0};
  for (const auto& f : frames) {
    batch.protein.push_back(f.protein);
    n_trace += f.protein->n_trace();
    batch.first_residue.push_back(batch.first_residue.back() + f.protein->n_residues());
  }
  const int n = batch.first_residue.back();
  batch.trace_N3 = Tensor<T>({n_trace, 3});
  batch.type_R = Tensor<int>({n});
  batch.trace_R = Tensor<int>({n});
  batch.atom_RS = Tensor<int>({n, kSlots});
  std::fill(batch.atom_RS.begin(), batch.atom_RS.end(), -1);
  batch.ca_R3 = Tensor<T>({n, 3});
  int first_trace = 0;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const Protein& p = *frames[f].protein;
    const int first = batch.first_residue[f];
    std::copy_n(frames[f].trace_xyz, 3 * p.n_trace(), batch.trace_N3.data() + 3 * first_trace);
    std::copy_n(frames[f].trace_xyz + 3, 3 * p.n_residues(), batch.ca_R3.data() + 3 * first);
    for (int r = 0; r < p.n_residues(); ++r) {
      batch.type_R[first + r] = p.type[r + 1];
      batch.trace_R[first + r] = first_trace + r + 1;
    }
    for (int a = 0; a < p.n_atoms(); ++a)
      batch.atom_RS[(first + p.residue[a]) * kSlots + p.slot[a]] = batch.n_atoms + a;
    batch.n_atoms += p.n_atoms();
    first_trace += p.n_trace();
  }
  const T cutoff = static_cast<T>(config.residue_cutoff);
  const bool training = use == TraceUse::training;
  Graph graph;
  context.visit([&](auto be) {
    graph = kernels::neighbor_graph<T>(be, batch.ca_R3, cutoff, batch.first_residue,
                                       training ? kernels::GraphOrders::both : kernels::GraphOrders::receivers);
  });
  if (training)
    batch.edges =
        labelled_edges(context, graph, batch.ca_R3, batch.type_R, config.residue_label_scale(), config.residue_reach());
  context.visit([&](auto be) {
    batch.graph = kernels::make_filter_graph<T>(be, std::move(graph), batch.ca_R3.ref(), batch.ca_R3.ref(), cutoff,
                                                config.n_rbf, batch.first_residue, kernels::kScalarGate);
  });
  return batch;
}

template <class T>
ProteinBatch<T> make_protein_batch(Context& context, const GenzprotConfig& config, const TraceBatch<T>& trace,
                                   const std::vector<ProteinFrame<T>>& frames) {
  const int n_atoms = trace.n_atoms, n = trace.n_residues();
  ProteinBatch<T> batch;
  batch.xyz_A3 = Tensor<T>({n_atoms, 3});
  batch.atomic_number_A = Tensor<int>({n_atoms});
  batch.keep_A = Tensor<int>({n_atoms});
  batch.mask_RT = Tensor<int>({n, kernels::kInternalRows});
  Tensor<T> r_E3({n_atoms, 3});
  Pairs neighbors, near, clash, backbone;
  std::vector<int> owner;
  int first_atom = 0;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const Protein& p = *frames[f].protein;
    const T* xyz = frames[f].atom_xyz;
    std::copy_n(xyz, 3 * p.n_atoms(), batch.xyz_A3.data() + 3 * first_atom);
    std::copy(p.atomic_number.begin(), p.atomic_number.end(), batch.atomic_number_A.begin() + first_atom);
    for (int a = 0; a < p.n_atoms(); ++a) {
      const int row = trace.first_residue[f] + p.residue[a];
      const bool counts = !p.at_chain_end[p.residue[a] + 1];
      owner.push_back(row);
      batch.keep_A[first_atom + a] = counts;
      if (counts && p.slot[a] != kernels::kSlotCa)
        batch.mask_RT[row * kernels::kInternalRows + kernels::internal_row(p.slot[a])] = 1;
      for (int k = 0; k < 3; ++k)
        r_E3[3 * (first_atom + a) + k] = xyz[3 * a + k] - frames[f].trace_xyz[3 * (p.residue[a] + 1) + k];
    }
    const Pairs close = pairs_within(context, xyz, p.n_atoms(), config.atom_cutoff);
    append(neighbors, shifted(close, first_atom));
    append(near, shifted(p.near_pairs, first_atom));
    append(clash, shifted(clash_pairs(config, close, p.near_pairs), first_atom));
    append(backbone, shifted(at_distance(p.backbone_pairs, xyz, kBackboneFrom, kBackboneTo), first_atom));
    first_atom += p.n_atoms();
  }
  if (!config.reference())
    for (Pairs* pairs : {&near, &clash, &backbone}) *pairs = without_masked(*pairs, batch.keep_A);
  batch.near = pair_graph(n_atoms, near);
  batch.clash = pair_graph(n_atoms, clash);
  batch.backbone = pair_graph(n_atoms, backbone);
  batch.same_protein = frames.empty() || frames.front().protein == frames.back().protein;

  batch.atom_graph = pair_graph(n_atoms, neighbors);
  batch.atom_edges = labelled_edges(context, batch.atom_graph, batch.xyz_A3, batch.atomic_number_A,
                                    config.atom_label_scale(), config.atom_reach());
  batch.atom_to_residue = kernels::pooling_graph(n, owner);
  std::vector<kernels::Edge> down;
  for (int a = 0; a < n_atoms; ++a) down.push_back({a, owner[a]});
  batch.residue_to_atom = kernels::make_graph(n_atoms, n, down);
  batch.cross_edges.y_E9 = harmonics_of(context, r_E3);
  batch.cross_edges.inputs_EI = Tensor<T>({n_atoms, kernels::kDistanceGaussians});
  batch.target_RT3 = Tensor<T>({n, kernels::kInternalRows, 3});
  batch.target_xyz_A3 = batch.xyz_A3;
  for (int a = 0; a < n_atoms; ++a) {
    batch.n_kept += batch.keep_A[a];
    if (!batch.keep_A[a]) std::fill_n(batch.target_xyz_A3.data() + 3 * a, 3, T(0));
  }
  context.visit([&](auto be) {
    kernels::distance_inputs<T>(be, r_E3, static_cast<T>(config.residue_reach()), batch.cross_edges.inputs_EI);
    kernels::internal_coordinates<T>(be, trace.placement(), trace.trace_N3, batch.xyz_A3, batch.target_RT3);
  });
  // a row without a length hangs on an atom the file lacks
  for (std::size_t t = 0; t < batch.mask_RT.size(); ++t)
    if (batch.target_RT3[3 * t] == T(0)) batch.mask_RT[t] = 0;
  return batch;
}

template <class T>
Tensor<T> latent_noise(Context& context, const GenzprotConfig& config, const TraceBatch<T>& trace,
                       std::uint64_t seed, const std::vector<std::uint32_t>& frame_number,
                       std::uint16_t sample) {
  REGRAIN_CHECK(static_cast<int>(frame_number.size()) == trace.n_frames(),
                "latent_noise: ", frame_number.size(), " numbers for ", trace.n_frames(), " frames");
  constexpr std::uint16_t kLatentDraw = 0x5A52;
  Tensor<T> eps({trace.n_residues(), config.latent});
  context.visit([&](auto be) {
    for (int f = 0; f < trace.n_frames(); ++f) {
      const int first = trace.first_residue[f], n = trace.first_residue[f + 1] - first;
      const Rng rng{.seed = seed, .step = frame_number[f], .op = kLatentDraw, .sample = sample};
      kernels::fill_normal<T>(be, rng, 0, View<T, 1>(View<T, 2>(eps).row(first), {n * config.latent}));
    }
  });
  return eps;
}

#define REGRAIN_INSTANTIATE(T)                                                                                     \
  template struct TraceBatch<T>;                                                                                   \
  template TraceBatch<T> make_trace_batch<T>(Context&, const GenzprotConfig&, const std::vector<ProteinFrame<T>>&, \
                                             TraceUse);                                                            \
  template ProteinBatch<T> make_protein_batch<T>(Context&, const GenzprotConfig&, const TraceBatch<T>&,            \
                                                 const std::vector<ProteinFrame<T>>&);                             \
  template Tensor<T> latent_noise<T>(Context&, const GenzprotConfig&, const TraceBatch<T>&, std::uint64_t,         \
                                     const std::vector<std::uint32_t>&, std::uint16_t);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::models
