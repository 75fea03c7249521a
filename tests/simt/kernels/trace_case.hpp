// A trace of alpha carbons with frames, as arrays of a case of the device: distances of bonded residues, some of them cis,
// chains that end, axes that need not be a frame.
#pragma once

#include "kernels/peptide.hpp"
#include "tests/simt/device_case.hpp"

namespace regrain::test {

template <class T>
struct TraceCase {
  CaseArray<void, 2, true> ca;
  CaseArray<void, 3, true> residue, bond;
  CaseArray<int, 1, true> linked;

  TraceCase(DeviceCase<T>& c, int n)
      : ca(c.input({n, 3}, trace(n))), residue(c.input({n, 3, 3})), bond(c.input({n, 3, 3})), linked(c.input({n}, links(n))) {}

  template <class On>
  auto frames(On on) const {
    return kernels::TraceFrames<typename On::scalar>{on(ca), on(residue), on(bond), on(linked)};
  }

 private:
  // every fifth is near the one before, and two are in one place
  static Tensor<double> trace(int n) {
    Tensor<double> x = random({n, 3}, 4, 0.1);
    double along = 0;
    for (int i = 0; i < n; ++i) {
      along += i % 5 == 4 ? 2.9 : 3.8;
      x[static_cast<std::size_t>(3 * i)] += along;
    }
    if (n > 20)
      for (std::size_t k = 0; k < 3; ++k) x[3 * 17 + k] = x[3 * 16 + k];
    return x;
  }
  static Tensor<int> links(int n) {
    Tensor<int> linked({n});
    for (int i = 0; i + 1 < n; ++i) linked[static_cast<std::size_t>(i)] = i % 9 != 8;
    return linked;
  }
};

}  // namespace regrain::test
