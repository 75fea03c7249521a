// A soft assignment of rows to columns, atoms to beads: the Gumbel softmax of Jang, Gu and Poole (2017)
// and its column-normalised form, whose transpose averages atoms into beads.
#pragma once

#include "engine/backend.hpp"
#include "engine/errors.hpp"
#include "engine/philox.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// noise(i) = -ln(-ln u) of element i: standard Gumbel, the same bits on every backend
template <class T>
void fill_gumbel(Cpu, Rng rng, View<T, 1> noise);
template <class T>
void fill_gumbel(Cuda, Rng rng, View<T, 1> noise);

// m_AB(i,:) = softmax((logit(i,:) + noise(i,:)) / temperature)
template <class T>
void gumbel_softmax(Cpu, View<const T, 2> logit_AB, View<const T, 2> noise_AB, T temperature,
                    View<T, 2> m_AB);
template <class T>
void gumbel_softmax(Cuda, View<const T, 2> logit_AB, View<const T, 2> noise_AB, T temperature,
                    View<T, 2> m_AB);
// dlogit += derivative
template <class T>
void gumbel_softmax_backward(Cpu, View<const T, 2> m_AB, T temperature, View<const T, 2> dm_AB,
                             View<T, 2> dlogit_AB);
template <class T>
void gumbel_softmax_backward(Cuda, View<const T, 2> m_AB, T temperature, View<const T, 2> dm_AB,
                             View<T, 2> dlogit_AB);

// Throws if an array has another shape or the temperature is not positive.
template <class T>
void check_gumbel_softmax(View<const T, 2> logit_AB, View<const T, 2> noise_AB, T temperature, View<T, 2> m_AB) {
  const int n = m_AB.dim(0), b = m_AB.dim(1);
  REGRAIN_CHECK(
      logit_AB.dim(0) == n && logit_AB.dim(1) == b && noise_AB.dim(0) == n && noise_AB.dim(1) == b && b > 0,
      "gumbel_softmax: logits are ", logit_AB.dim(0), "x", logit_AB.dim(1), ", noise ", noise_AB.dim(0), "x",
      noise_AB.dim(1), ", result ", n, "x", b);
  REGRAIN_CHECK(temperature > 0, "gumbel_softmax: temperature ", temperature);
}

// Added to a column's sum: far below a part of one atom, it keeps a bead that no atom wants finite.
constexpr double kColumnFloor = 1e-12;

// y_AB = m_AB / sum_B, sum_B being the column sums plus the floor
template <class T>
void normalize_columns(Cpu, View<const T, 2> m_AB, View<T, 2> y_AB, View<T, 1> sum_B);
template <class T>
void normalize_columns(Cuda, View<const T, 2> m_AB, View<T, 2> y_AB, View<T, 1> sum_B);
// dm += derivative
template <class T>
void normalize_columns_backward(Cpu, View<const T, 2> y_AB, View<const T, 1> sum_B, View<const T, 2> dy_AB,
                                View<T, 2> dm_AB);
template <class T>
void normalize_columns_backward(Cuda, View<const T, 2> y_AB, View<const T, 1> sum_B, View<const T, 2> dy_AB,
                                View<T, 2> dm_AB);

}  // namespace regrain::kernels
