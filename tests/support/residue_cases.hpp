// Made-up chains for stage 2's kernels: all types in turn on a wobbly helix, with chi.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "models/allatom/side_chain_templates.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {

template <class T>
struct ResidueCase {
  Tensor<int> type_R;
  Tensor<T> backbone_R43, chi_R4;
};

// an alpha helix, its atoms shifted by `wobble` Angstrom
template <class T>
ResidueCase<T> residue_case(int n, std::uint64_t seed, double wobble = 0.1) {
  // N, CA, C, O in cylinder coordinates: radius, angle (degrees), height, Angstrom
  constexpr double kHelix[4][3] = {{1.57, -27.8, -0.87}, {2.29, 0, 0}, {1.65, 26.7, 1.13}, {1.98, 24.0, 2.33}};
  ResidueCase<T> c{Tensor<int>({n}), random<T>({n, 4, 3}, seed, wobble), random<T>({n, 4}, seed + 1, 2)};
  for (int r = 0; r < n; ++r) {
    c.type_R[static_cast<std::size_t>(r)] = r % models::allatom::kTypes;
    for (int s = 0; s < 4; ++s) {
      const double angle = (kHelix[s][1] + 100.0 * r) * 0.017453292519943295;
      T* x = c.backbone_R43.data() + (r * 4 + s) * 3;
      x[0] += static_cast<T>(kHelix[s][0] * std::cos(angle));
      x[1] += static_cast<T>(kHelix[s][0] * std::sin(angle));
      x[2] += static_cast<T>(kHelix[s][2] + 1.5 * r);
    }
  }
  return c;
}

// (R, 14, 3) of which only the backbone is known
template <class T>
Tensor<T> backbone_only(const Tensor<T>& backbone_R43) {
  const int n = backbone_R43.dim(0);
  Tensor<T> atoms({n, 14, 3});
  for (T& x : atoms) x = std::numeric_limits<T>::quiet_NaN();
  for (int r = 0; r < n; ++r)
    for (int i = 0; i < 12; ++i) atoms[static_cast<std::size_t>(r * 42 + i)] = backbone_R43[static_cast<std::size_t>(r * 12 + i)];
  return atoms;
}

}  // namespace regrain::test
