// A soft assignment of rows to columns, atoms to beads: the Gumbel softmax of Jang, Gu and Poole (2017)
// and its column-normalised form, whose transpose averages atoms into beads.
#pragma once

#include "engine/backend.hpp"
#include "engine/philox.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

// noise(i) = -ln(-ln u) of element i: standard Gumbel
template <class T>
void fill_gumbel(Cpu, Rng rng, View<T, 1> noise);

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
