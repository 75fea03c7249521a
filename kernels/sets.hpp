// Points or residues of several frames, one behind another: set g is [first_of_set(g), first_of_set(g + 1)).
#pragma once

#include "engine/host_device.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// The set of point i: the last one that begins at or before it, empty sets lying before the one that follows them.
REGRAIN_HD inline int set_of(View<const int, 1> first_of_set_G1, int i) {
  int first = 0, last = first_of_set_G1.dim(0);
  while (last - first > 1) {
    const int middle = first + (last - first) / 2;
    (first_of_set_G1(middle) <= i ? first : last) = middle;
  }
  return first;
}

}  // namespace regrain::kernels
