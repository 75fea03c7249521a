// Real spherical harmonics up to l = 2 of edge directions, "component" normalisation: the squares of
// the 2l + 1 values of one l add up to 2l + 1. Order and axes are those of e3nn (y is the polar axis).
#pragma once

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

constexpr int kHarmonics = 9;

// y_E9(e) = [1 | 3 of l = 1 | 5 of l = 2] of r / max(|r|, 1e-12); for r = 0 all but the first are 0
template <class T>
void spherical_harmonics(Cpu, View<const T, 2> r_E3, View<T, 2> y_E9);

}  // namespace regrain::kernels
