// Residues with draws of their side chains for DeviceCase: the tables of types, a made-up chain, and what the host makes
// of it in double. Draws come in rows of whole vectors of both scalars.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/neighbors.hpp"
#include "kernels/packing_energies.hpp"
#include "kernels/packing_picks.hpp"
#include "tests/simt/device_case.hpp"
#include "tests/support/residue_cases.hpp"

namespace regrain::test {

// SideChainTables as arrays of a case
template <class T>
struct CaseTables {
  using Ints = CaseArray<int, 1, true>;
  using Numbers = CaseArray<void, 1, true>;
  kernels::SideChainTables<double> host = models::allatom::side_chain_tables<double>();
  Ints n_slots, n_chi, parents, chi, chi_slots, moved_by, symmetry, exchange, atom_class, bonds;
  Numbers geometry, reach, lever;

  explicit CaseTables(DeviceCase<T>& c)
      : n_slots(ints(c, host.n_slots, 1)), n_chi(ints(c, host.n_chi, 1)), parents(ints(c, host.parents, 30)),
        chi(ints(c, host.chi, 10)), chi_slots(ints(c, host.chi_slots, 16)), moved_by(ints(c, host.moved_by, 14)),
        symmetry(ints(c, host.symmetry, 1)), exchange(ints(c, host.exchange, 14)), atom_class(ints(c, host.atom_class, 14)),
        bonds(ints(c, host.bonds, 196)), geometry(numbers(c, host.geometry, 40)), reach(numbers(c, host.reach, 1)),
        lever(numbers(c, host.lever, 4)) {}

  template <class On>
  kernels::SideChainTables<typename On::scalar> view(On on) const {
    return {host.n_types,          host.cysteine,         on(n_slots).data(),  on(n_chi).data(),
            on(parents).data(),    on(chi).data(),        on(geometry).data(), on(chi_slots).data(),
            on(moved_by).data(),   on(symmetry).data(),   on(exchange).data(), on(atom_class).data(),
            on(bonds).data(),      on(reach).data(), on(lever).data()};
  }

 private:
  Ints ints(DeviceCase<T>& c, const int* from, int each) const {
    const int n = host.n_types * each;
    return c.input({n}, Tensor<int>({n}, std::vector<int>(from, from + n)));
  }
  Numbers numbers(DeviceCase<T>& c, const double* from, int each) const {
    const int n = host.n_types * each;
    return c.input({n}, Tensor<double>({n}, std::vector<double>(from, from + n)));
  }
};

// Bytes, kept in the words of integers.
template <class T>
struct CaseMarks {
  CaseArray<int, 1, true> words;
  int n;

  CaseMarks(DeviceCase<T>& c, const Tensor<char>& marks) : words(c.input({words_of(marks)}, packed(marks))), n(marks.dim(0)) {}
  template <class On>
  View<const char, 1> view(On on) const {
    return {reinterpret_cast<const char*>(on(words).data()), {n}};
  }

 private:
  static int words_of(const Tensor<char>& marks) { return (marks.dim(0) + 3) / 4; }
  static Tensor<int> packed(const Tensor<char>& marks) {
    Tensor<int> all({words_of(marks)});
    if (marks.size()) std::memcpy(all.data(), marks.data(), marks.size());
    return all;
  }
};

// What the host makes of n residues with draws; a set ends before residue n / 2.
template <class T>
struct PackedResidues {
  ResidueCase<double> c;
  int n, n_draws, stride;
  std::vector<int> first_of_set;
  Tensor<double> chi, atoms, draws, boxes, self, pair;
  Tensor<char> moving, linked;
  Tensor<int> count;  // draws of a residue: all, or some of them
  kernels::Graph near;
  Arena arena;
  kernels::PackingPairs pairs{};

  PackedResidues(Cpu be, int residues, int draws_each, std::uint64_t seed)
      : c(residue_case<double>(residues, seed)), n(residues), n_draws(draws_each), stride(kernels::draws_stride(draws_each)),
        first_of_set{0, residues / 2, residues}, chi(random({n, n_draws, 4}, seed + 1, 2)), atoms({n, 14, 3}),
        draws({n, kernels::kMovingSlots, 3, stride}), boxes({n, kernels::kMovingSlots, 6}), self({n, stride}), moving({n}), linked({n}), count({n}) {
    const auto tables = models::allatom::side_chain_tables<double>();
    for (Tensor<double>* values : {&c.backbone_R43, &chi})
      for (double& x : *values) x = static_cast<double>(static_cast<T>(x));
    kernels::place_residues<double>(be, tables, c.type_R, c.backbone_R43, c.chi_R4, atoms);
    for (int r = 0; r < n; ++r) {
      moving[static_cast<std::size_t>(r)] = tables.n_chi[c.type_R[static_cast<std::size_t>(r)]] > 0 && r % 9 != 5;
      linked[static_cast<std::size_t>(r)] = r + 1 < n && r + 1 != n / 2;
      count[static_cast<std::size_t>(r)] = r % 3 ? n_draws : 1 + r % n_draws;
    }
    kernels::lay_out_draws<double>(be, tables, c.type_R, moving, c.backbone_R43, chi, count, atoms, draws, boxes);
    Tensor<double> ca({n, 3});
    for (int r = 0; r < n; ++r) std::copy_n(c.backbone_R43.data() + 12 * r + 3, 3, ca.data() + 3 * r);
    near = kernels::neighbor_graph<double>(be, View<const double, 2>(ca), 22.0, first_of_set, kernels::GraphOrders::both);
    pairs = kernels::packing_pairs<double>(be, view(), near, arena);
    pair = Tensor<double>({pairs.n_energies});
    kernels::self_energies<double>(be, view(), near, {}, self);
    kernels::pair_energies<double>(be, view(), pairs, {}, pair);
  }
  kernels::DrawsView<double> view() const {
    return {models::allatom::side_chain_tables<double>(), n, stride, kernels::draws_pitch(), c.type_R.data(), count.data(), moving.data(),
            linked.data(), atoms.data(), draws.data(), boxes.data()};
  }
};

// ... as arrays of a case
template <class T>
struct CaseDraws {
  const PackedResidues<T>& of;
  CaseTables<T> tables;
  CaseArray<int, 1, true> type, count, sets, offset, partner, table, lower, higher, first;
  CaseMarks<T> moving, linked;
  CaseArray<void, 3, true> atoms, boxes;
  CaseArray<void, 4, true> draws;
  CaseGraph near;

  CaseDraws(DeviceCase<T>& c, const PackedResidues<T>& p)
      : of(p), tables(c), type(c.input({p.n}, p.c.type_R)), count(c.input({p.n}, p.count)),
        sets(c.input({3}, Tensor<int>::from(p.first_of_set))), offset(ints(c, p.pairs.offset, p.n + 1)),
        partner(ints(c, p.pairs.partner, 2 * p.pairs.n_tables)), table(ints(c, p.pairs.table, 2 * p.pairs.n_tables)),
        lower(ints(c, p.pairs.lower, p.pairs.n_tables)), higher(ints(c, p.pairs.higher, p.pairs.n_tables)),
        first(ints(c, p.pairs.first, p.pairs.n_tables)),
        moving(c, p.moving), linked(c, p.linked), atoms(c.input({p.n, 14, 3}, p.atoms)),
        boxes(c.input({p.n, kernels::kMovingSlots, 6}, p.boxes)),
        draws(c.input({p.n, kernels::kMovingSlots, 3, p.stride}, p.draws)), near(c.graph(p.near)) {}

  template <class On>
  kernels::DrawsView<typename On::scalar> view(On on) const {
    return {tables.view(on),        of.n,          of.stride,     kernels::draws_pitch(), on(type).data(), on(count).data(),
            moving.view(on).data(), linked.view(on).data(), on(atoms).data(), on(draws).data(), on(boxes).data()};
  }
  template <class On>
  kernels::PackingPairs pairs(On on) const {
    return {of.pairs.n_tables, of.pairs.n_energies, on(offset).data(), on(partner).data(),
            on(table).data(),  on(lower).data(),    on(higher).data(), on(first).data()};
  }

 private:
  static CaseArray<int, 1, true> ints(DeviceCase<T>& c, const int* from, int n) {
    return c.input({n}, Tensor<int>({n}, std::vector<int>(from, from + n)));
  }
};

}  // namespace regrain::test
