// pack() where a device's kernels work: the host makes lists of residues, everything of size draws stays on the device.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/errors.hpp"
#include "kernels/elementwise.hpp"
#include "kernels/neighbors.hpp"
#include "models/allatom/packing_checks.hpp"
#include "models/allatom/packing_steps.hpp"
#include "models/allatom/template_arrays.hpp"

namespace regrain::models::allatom {

namespace {

constexpr int kTogether = 8192;  // residues whose energies are held at a time, some 20 KB each, or one set

// What the host knows of some sets.
struct Lists {
  Tensor<int> type_R, first_of_set_G1, frame_G, sample_G;
  Tensor<char> moving_R, has_draws_R, linked_R;

  static constexpr auto arrays() {
    return std::make_tuple(&Lists::type_R, &Lists::first_of_set_G1, &Lists::frame_G, &Lists::sample_G, &Lists::moving_R,
                           &Lists::has_draws_R, &Lists::linked_R);
  }
};

template <class T>
Lists lists_of(const PackingInput<T>& in, const kernels::SideChainTables<T>& tables, int first_set, int last_set) {
  const auto at = [](int i) { return static_cast<std::size_t>(i); };
  const int first = in.first_of_set[at(first_set)], n = in.first_of_set[at(last_set)] - first, n_sets = last_set - first_set;
  Lists l{Tensor<int>({n}), Tensor<int>({n_sets + 1}), Tensor<int>({n_sets}), Tensor<int>({n_sets}), Tensor<char>({n}), Tensor<char>({n}), Tensor<char>({n})};
  for (int g = 0; g <= n_sets; ++g) l.first_of_set_G1[at(g)] = in.first_of_set[at(first_set + g)] - first;
  for (int g = 0; g < n_sets; ++g) {
    l.frame_G[at(g)] = in.frame.empty() ? 0 : in.frame[at(first_set + g)];
    l.sample_G[at(g)] = in.sample.empty() ? 0 : in.sample[at(first_set + g)];
  }
  for (int r = 0; r < n; ++r) {
    l.type_R[at(r)] = in.type_R(first + r);
    l.moving_R[at(r)] = kernels::kMoves;
    l.has_draws_R[at(r)] = tables.n_chi[in.type_R(first + r)] > 0;
    l.linked_R[at(r)] = in.linked_R(first + r);
  }
  for (int g = 0; g < n_sets; ++g)  // no bond leaves a set
    if (l.first_of_set_G1[at(g + 1)] > l.first_of_set_G1[at(g)]) l.linked_R[at(l.first_of_set_G1[at(g + 1)] - 1)] = 0;
  return l;
}

template <class T, class Backend>
void pack_sets(Context& context, Backend be, const kernels::SideChainTables<T>& host_tables, const kernels::SideChainTables<T>& tables,
               const PackingInput<T>& in, const PackingSettings& settings, const PackingOutput<T>& out, int first_set, int last_set) {
  const Lists here = lists_of(in, host_tables, first_set, last_set), there = to_backend(context, here);
  const int first = in.first_of_set[static_cast<std::size_t>(first_set)], n = here.type_R.dim(0);
  const int n_draws = in.chi_RS4.dim(1), stride = kernels::draws_stride(n_draws);
  const View<const int, 1> type(there.type_R), sets(there.first_of_set_G1);
  const View<const T, 3> backbone(in.backbone_R43.row(first), {n, 4, 3});
  Arena& arena = *be.scratch;
  Arena::Scope scope(arena);
  const auto rows = [&](int rows_each) { return arena.template allocate_array<T>(static_cast<std::size_t>(n) * static_cast<std::size_t>(rows_each)); };

  const Tensor<T> ca = [&] {
    Tensor<T> trace({n, 3});
    std::copy_n(in.ca_R3.row(first), 3 * n, trace.data());
    return to_backend(context, trace);
  }();
  const Tensor<T> logp_of_sets = [&] {
    Tensor<T> of_sets({in.logp_RS.data() ? n : 0, n_draws});
    if (in.logp_RS.data()) std::copy_n(in.logp_RS.row(first), of_sets.size(), of_sets.data());
    return to_backend(context, of_sets);
  }();
  View<const T, 2> logp;
  if (in.logp_RS.data()) logp = View<const T, 2>(logp_of_sets.data(), {n, n_draws});
  const kernels::Graph near = kernels::neighbor_graph<T>(be, View<const T, 2>(ca), near_cutoff<T>(host_tables, View<const int, 1>(here.type_R), settings),
                                                         {here.first_of_set_G1.begin(), here.first_of_set_G1.end()}, kernels::GraphOrders::receivers);

  // slots 0 to 4, and all of ALA and GLY
  const View<T, 3> atoms(rows(42), {n, kResidueSlots, 3});
  const View<T, 2> no_chi(rows(kChi), {n, kChi});
  kernels::fill<T>(be, T(0), View<T, 1>(no_chi.data(), {n * kChi}));
  kernels::place_residues<T>(be, tables, type, backbone, View<const T, 2>(no_chi), atoms);
  const kernels::PackingSeed seed{settings.seed, there.frame_G.data(), there.sample_G.data()};
  const Choices<T> choices = choices_of<T>(be, tables, type, View<const char, 1>(there.has_draws_R), in, kernels::GroupTakes{settings.sample, seed, sets}, first, logp);
  const View<int, 1> pick(arena.template allocate_array<int>(static_cast<std::size_t>(n)), {n});
  {
    Arena::Scope of_draws(arena);
    const View<T, 4> draws(rows(kernels::kMovingSlots * 3 * stride), {n, kernels::kMovingSlots, 3, stride});
    const View<T, 3> boxes(rows(kernels::kMovingSlots * 6), {n, kernels::kMovingSlots, 6});
    kernels::lay_out_draws<T>(be, tables, type, View<const char, 1>(there.has_draws_R), backbone, choices.chi_RS4,
                              choices.count_R, atoms, draws, boxes);
    const kernels::DrawsView<T> residues{tables,       n,           stride,      kernels::draws_pitch(), type.data(),
                                         choices.count_R.data(), there.has_draws_R.data(), there.linked_R.data(), atoms.data(), draws.data(), boxes.data()};
    const kernels::PackingPairs pairs = kernels::packing_pairs<T>(be, residues, near, arena);
    const View<T, 2> self(rows(stride), {n, stride});
    const View<T, 1> pair(arena.template allocate_array<T>(static_cast<std::size_t>(pairs.n_energies)), {pairs.n_energies});
    kernels::self_energies<T>(be, residues, near, settings.weights, self);
    kernels::pair_energies<T>(be, residues, pairs, settings.weights, pair);
    const kernels::PackingEnergies<T> energies{self, pair, {}};
    pick_draws<T>(be, residues, pairs, energies, choices, settings, seed, sets, pick);
  }
  const View<T, 2> turns(rows(kernels::kTurns), {n, kernels::kTurns});
  kernels::take_draws<T>(be, tables, type, View<const char, 1>(there.moving_R), choices.chi_RS4, View<const int, 1>(pick), turns);
  const kernels::RelaxedView<T> relaxed{tables, n, type.data(), there.moving_R.data(), there.linked_R.data(), backbone.data(), nullptr};
  if (settings.relax) kernels::relax<T>(be, relaxed, near, settings.relaxation, sets, turns);
  kernels::place_turned<T>(be, relaxed, View<const T, 2>(turns), atoms);

  Tensor<T> turned({n, kernels::kTurns});
  context.read(turned.data(), turns.data(), turned.bytes());
  context.read(out.atoms_R14_3.row(first), atoms.data(), sizeof(T) * static_cast<std::size_t>(n) * 42);
  for (int r = 0; r < n; ++r) {
    T* x = out.atoms_R14_3.row(first + r);
    const int t = here.type_R[static_cast<std::size_t>(r)];
    for (int i = 0; i < 3 * host_tables.n_slots[t]; ++i)
      if (!std::isfinite(x[i])) fail(ErrorKind::numbers, "packing: an atom of residue ", first + r, " (from 0) is not finite");
    std::fill(x + 3 * host_tables.n_slots[t], x + 42, T(0));
    std::copy_n(x, 12, out.backbone_R43.row(first + r));
    for (int k = 0; k < kChi; ++k)
      out.chi_R4(first + r, k) = k < host_tables.n_chi[t] ? std::remainder(turned[static_cast<std::size_t>(r * kernels::kTurns + k)], static_cast<T>(2 * std::numbers::pi)) : T(0);
  }
}

}  // namespace

template <class T>
void pack(Context& context, const PackingInput<T>& input, const PackingSettings& settings, const PackingOutput<T>& output) {
  if (context.device() == Device::cpu) return pack<T>(context.host(), input, settings, output);
  check_settings(settings);
  const int n = input.type_R.dim(0), n_sets = static_cast<int>(input.first_of_set.size()) - 1;
  kernels::check_sets(input.first_of_set, n);
  REGRAIN_CHECK(!input.given_R.data(), "packing: atoms that are given are packed on the host");
  REGRAIN_CHECK(input.linked_R.dim(0) == n && input.ca_R3.dim(0) == n && input.backbone_R43.dim(0) == n && input.chi_RS4.dim(0) == n &&
                    (!input.logp_RS.data() || (input.logp_RS.dim(0) == n && input.logp_RS.dim(1) == input.chi_RS4.dim(1))) &&
                    output.chi_R4.dim(0) == n && output.backbone_R43.dim(0) == n && output.atoms_R14_3.dim(0) == n,
                "packing: links of ", input.linked_R.dim(0), ", alpha carbons of ", input.ca_R3.dim(0), ", backbones of ", input.backbone_R43.dim(0),
                ", draws of ", input.chi_RS4.dim(0), " residues and room for ", output.atoms_R14_3.dim(0), ", expected ", n);
  check_bins(input);
  check_density<T>(input.ca_R3, input.first_of_set);
  const kernels::SideChainTables<T> host_tables = side_chain_tables<T>();
  for (int r = 0; r < n; ++r)
    REGRAIN_CHECK(input.type_R(r) >= 0 && input.type_R(r) < kTypes, "packing: residue ", r, " is of type ", input.type_R(r), ", there are ", kTypes);
  const TemplateArrays<T> tables = to_backend(context, TemplateArrays<T>(host_tables));
  for (int first = 0; first < n_sets;) {
    int last = first + 1;
    while (last < n_sets && input.first_of_set[static_cast<std::size_t>(last + 1)] - input.first_of_set[static_cast<std::size_t>(first)] <= kTogether) ++last;
    context.visit([&](auto be) { pack_sets<T>(context, be, host_tables, tables.view(), input, settings, output, first, last); });
    first = last;
  }
}

template void pack<float>(Context&, const PackingInput<float>&, const PackingSettings&, const PackingOutput<float>&);
template void pack<double>(Context&, const PackingInput<double>&, const PackingSettings&, const PackingOutput<double>&);

}  // namespace regrain::models::allatom
