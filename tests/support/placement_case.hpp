// A made-up chain to place atoms on, and internal coordinates that make sense.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/internal_coordinates.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {

// Two made-up types: a bare backbone, and one whose 10 side-chain atoms hang on each other in a row.
struct PlacementCase {
  std::vector<int> type, trace, atom, n_slots{4, 14}, parents;
  Tensor<double> trace_N3;
  int n_atoms = 0;

  explicit PlacementCase(int n) : trace_N3({n + 2, 3}) {
    parents.assign(2 * 10 * 3, 0);
    for (int s = 0; s < 10; ++s) {
      int* p = parents.data() + (10 + s) * 3;
      if (s == 0)
        p[0] = 3, p[1] = 2, p[2] = 1;
      else if (s == 1)
        p[0] = 4, p[1] = 3, p[2] = 2;
      else
        p[0] = 3 + s, p[1] = 2 + s, p[2] = s == 2 ? 3 : 1 + s;
    }
    for (int i = 0; i < n + 2; ++i)  // a helix
      for (std::size_t k = 0; k < 3; ++k)
        trace_N3[3 * static_cast<std::size_t>(i) + k] = k == 0   ? 2.3 * std::cos(1.745 * i)
                                                        : k == 1 ? 2.3 * std::sin(1.745 * i)
                                                                 : 1.5 * i;
    for (int r = 0; r < n; ++r) {
      type.push_back(r % 3 == 1 ? 0 : 1);
      trace.push_back(r + 1);
      for (int s = 0; s < kernels::kSlots; ++s)
        atom.push_back(s < n_slots[static_cast<std::size_t>(type.back())] ? n_atoms++ : -1);
    }
  }
  kernels::PlacementView view() const {
    return {static_cast<int>(type.size()),
            type.data(),
            trace.data(),
            atom.data(),
            n_slots.data(),
            parents.data()};
  }
};

// lengths near 1.5, angles near 110 degrees, any torsion
inline Tensor<double> sane_internal(int n) {
  Tensor<double> ic = random({n, 13, 3}, 3);
  for (std::size_t i = 0; i < ic.size(); ++i)
    ic[i] = i % 3 == 0 ? 1.5 + 0.05 * ic[i] : i % 3 == 1 ? 1.9 + 0.1 * ic[i] : 2 * ic[i];
  return ic;
}

}  // namespace regrain::test
