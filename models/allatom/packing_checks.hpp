// What packing refuses before it begins, on the host and on a device alike.
#pragma once

#include "models/allatom/packing.hpp"

namespace regrain::models::allatom {

// Throws Error(internal).
void check_settings(const PackingSettings& settings);

// Counts residues in boxes of 20 A, before any list of pairs is made. Throws Error(input).
template <class T>
void check_density(View<const T, 2> ca_R3, const std::vector<int>& first_of_set);

}  // namespace regrain::models::allatom
