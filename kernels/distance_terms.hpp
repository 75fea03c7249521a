// Pairs of atoms in the losses on coordinates, as the host and a CUDA kernel compute them.
//
// A pair has its loss and, but for the factor all pairs share, the slope of the loss in the distance.
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/errors.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

template <class T>
struct Separation {
  T x, y, z, d;  // x_i - x_j and its softened length
};

template <class T>
REGRAIN_HD inline Separation<T> separation(View<const T, 2> xyz_A3, int i, int j, T eps) {
  const T *a = xyz_A3.row(i), *b = xyz_A3.row(j);
  const T x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];
  return {x, y, z, std::sqrt(x * x + y * y + z * z + eps)};
}

// (d - d_target)^2
template <class T>
struct LengthPair {
  View<const T, 2> xyz_A3, target_A3;
  T eps;

  REGRAIN_HD double loss(int i, int j) const {
    const double off = double(separation(xyz_A3, i, j, eps).d) - double(separation(target_A3, i, j, eps).d);
    return off * off;
  }
  REGRAIN_HD T slope(int i, int j, T d, T factor) const { return factor * (d - separation(target_A3, i, j, eps).d); }
};

// max(nearest - d, 0)
template <class T>
struct ClashPair {
  View<const T, 2> xyz_A3;
  T nearest, eps;

  REGRAIN_HD double loss(int i, int j) const {
    return static_cast<double>(std::max(nearest - separation(xyz_A3, i, j, eps).d, T(0)));
  }
  REGRAIN_HD T slope(int, int, T d, T factor) const { return d < nearest ? factor : T(0); }
};

// sum += losses of the pairs of atom i with atoms of higher numbers: each pair is seen from its smaller atom
template <class Pair>
REGRAIN_HD inline void add_pairs_of(int i, GraphView pairs, const Pair& pair, double& sum) {
  for (int e = pairs.offset[i]; e < pairs.offset[i + 1]; ++e)
    if (pairs.src[e] > i) sum += pair.loss(i, pairs.src[e]);
}

// dxyz(i) += slope(i, j) (x_i - x_j) / d summed over the partners of i
template <class T, class Pair>
REGRAIN_HD inline void add_pair_gradients_of(int i, GraphView pairs, const Pair& pair, T factor, View<T, 2> dxyz_A3) {
  T sum[3] = {0, 0, 0};
  for (int e = pairs.offset[i]; e < pairs.offset[i + 1]; ++e) {
    const Separation<T> s = separation(pair.xyz_A3, i, pairs.src[e], pair.eps);
    const T slope = pair.slope(i, pairs.src[e], s.d, factor) / s.d;
    sum[0] += slope * s.x;
    sum[1] += slope * s.y;
    sum[2] += slope * s.z;
  }
  for (int k = 0; k < 3; ++k) dxyz_A3(i, k) += sum[k];
}

template <class T>
void check_pairs(const char* name, GraphView pairs, View<const T, 2> xyz_A3) {
  REGRAIN_CHECK(xyz_A3.dim(1) == 3 && pairs.n_dst == xyz_A3.dim(0) && pairs.n_src == xyz_A3.dim(0), name,
                ": xyz is ", xyz_A3.dim(0), "x", xyz_A3.dim(1), ", the pairs are among ", pairs.n_dst,
                " atoms");
}

template <class T>
void check_displacement(View<const T, 2> xyz_A3, View<const T, 2> target_A3) {
  REGRAIN_CHECK(xyz_A3.dim(1) == 3 && target_A3.dim(1) == 3 && xyz_A3.dim(0) == target_A3.dim(0),
                "mean_squared_displacement: ", xyz_A3.dim(0), "x", xyz_A3.dim(1), " and ", target_A3.dim(0),
                "x", target_A3.dim(1));
}

}  // namespace regrain::kernels
