// What packing refuses before it begins, on the host and on a device alike.
#pragma once

#include "engine/errors.hpp"
#include "models/allatom/packing.hpp"

namespace regrain::models::allatom {

// Throws Error(internal).
void check_settings(const PackingSettings& settings);

// Bins are those of the input's draws, if there are any. Throws Error(internal).
template <class T>
void check_bins(const PackingInput<T>& input) {
  const View<const int, 2>& bins = input.bins_RS;
  REGRAIN_CHECK(!bins.data() || (bins.dim(0) == input.chi_RS4.dim(0) && bins.dim(1) == input.chi_RS4.dim(1) && input.n_bins >= 1),
                "packing: bins of ", bins.dim(1), " draws of ", bins.dim(0), " residues, ", input.n_bins, " to a turn, for ",
                input.chi_RS4.dim(1), " of ", input.chi_RS4.dim(0));
}

// Counts residues in boxes of 20 A, before any list of pairs is made. Throws Error(input).
template <class T>
void check_density(View<const T, 2> ca_R3, const std::vector<int>& first_of_set);

}  // namespace regrain::models::allatom
