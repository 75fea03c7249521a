// The tables of side chains in the memory of a context's backend.
#pragma once

#include "engine/transfer.hpp"
#include "models/allatom/side_chain_templates.hpp"

namespace regrain::models::allatom {

template <class T>
struct TemplateArrays {
  int n_types = 0, cysteine = -1;
  Tensor<int> n_slots, n_chi, parents, chi, chi_slots, moved_by, symmetry, exchange, atom_class, bonds;
  Tensor<T> geometry, reach, lever;

  TemplateArrays() = default;
  explicit TemplateArrays(const kernels::SideChainTables<T>& t) : n_types(t.n_types), cysteine(t.cysteine) {
    const auto copy = [&](const auto* from, int each, auto& to) {
      to.reshape_unset({n_types * each});
      std::copy_n(from, n_types * each, to.data());
    };
    using namespace kernels;
    copy(t.n_slots, 1, n_slots);
    copy(t.n_chi, 1, n_chi);
    copy(t.parents, kSideChainSlots * 3, parents);
    copy(t.chi, kSideChainSlots, chi);
    copy(t.geometry, kSideChainSlots * 4, geometry);
    copy(t.chi_slots, kChi * 4, chi_slots);
    copy(t.moved_by, kResidueSlots, moved_by);
    copy(t.symmetry, 1, symmetry);
    copy(t.exchange, kResidueSlots, exchange);
    copy(t.atom_class, kResidueSlots, atom_class);
    copy(t.bonds, kResidueSlots * kResidueSlots, bonds);
    copy(t.reach, 1, reach);
    copy(t.lever, kChi, lever);
  }
  kernels::SideChainTables<T> view() const {
    return {n_types,          cysteine,        n_slots.data(),  n_chi.data(),    parents.data(),    chi.data(),   geometry.data(),
            chi_slots.data(), moved_by.data(), symmetry.data(), exchange.data(), atom_class.data(), bonds.data(), reach.data(),
            lever.data()};
  }

  static constexpr auto arrays() {
    using A = TemplateArrays;
    return std::make_tuple(&A::n_slots, &A::n_chi, &A::parents, &A::chi, &A::chi_slots, &A::moved_by, &A::symmetry, &A::exchange,
                           &A::atom_class, &A::bonds, &A::geometry, &A::reach, &A::lever);
  }
  static constexpr auto numbers() { return std::make_tuple(&TemplateArrays::n_types, &TemplateArrays::cysteine); }
};

}  // namespace regrain::models::allatom
