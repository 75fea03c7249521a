// The likelihood of angles under a softmax over B bins of the full turn, and draws from it.
//
// The truth is not one bin but a von Mises distribution around the angle, so that a neighbouring bin is nearly right:
//   loss = - mean over the rows of sum_b t_b log softmax(logits)_b,  t_b ~ exp(kappa cos(angle - centre_b))
// An angle known up to a part of a turn, as of a ring that looks the same when it is turned over, has all of its images
// as its truth: a row's symmetry is how many there are, 0 for a row that does not count.
#pragma once

#include <cmath>

#include "engine/backend.hpp"
#include "engine/host_device.hpp"
#include "engine/view.hpp"
#include "kernels/exponential.hpp"

namespace regrain::kernels {

constexpr int kMaxAngleBins = 128;
constexpr double kAngleKappa = 18;  // of the truth: a standard deviation of 13.7 degrees

// middle of bin b, in (-pi, pi)
template <class T>
REGRAIN_HD inline T bin_centre(int b, int n_bins) {
  return static_cast<T>(6.283185307179586) * ((static_cast<T>(b) + T(0.5)) / static_cast<T>(n_bins) - T(0.5));
}

// The weight of bin b in the truth of an angle, before they are made to sum to 1.
template <class T>
REGRAIN_HD inline T angle_weight(T angle, int symmetry, int b, int n_bins) {
  T t = T(0);
  for (int image = 0; image < symmetry; ++image) {
    const T turn = static_cast<T>(6.283185307179586 * image / symmetry);
    t += exponential(static_cast<T>(kAngleKappa) * (std::cos(angle + turn - bin_centre<T>(b, n_bins)) - T(1)));
  }
  return t;
}

// The truth of an angle: n_bins weights that sum to 1.
template <class T>
REGRAIN_HD inline void angle_target(T angle, int symmetry, int n_bins, T* target) {
  T sum = T(0);
  for (int b = 0; b < n_bins; ++b) {
    target[b] = angle_weight(angle, symmetry, b, n_bins);
    sum += target[b];
  }
  for (int b = 0; b < n_bins; ++b) target[b] /= sum;
}

// *loss as above, logits (N, B); rows of symmetry 0 count as 0. Throws Error(internal) if shapes disagree.
template <class T>
void angle_bins_loss(Cpu, View<const T, 2> logits_NB, View<const T, 1> angle_N, View<const int, 1> symmetry_N, T* loss);
template <class T>
void angle_bins_loss(Cuda, View<const T, 2> logits_NB, View<const T, 1> angle_N, View<const int, 1> symmetry_N, T* loss);
// dlogits += *dloss * derivative
template <class T>
void angle_bins_loss_backward(Cpu, const T* dloss, View<const T, 2> logits_NB, View<const T, 1> angle_N,
                              View<const int, 1> symmetry_N, View<T, 2> dlogits_NB);
template <class T>
void angle_bins_loss_backward(Cuda, const T* dloss, View<const T, 2> logits_NB, View<const T, 1> angle_N,
                              View<const int, 1> symmetry_N, View<T, 2> dlogits_NB);

// Throws Error(internal) if shapes disagree.
template <class T>
void check_angle_bins(View<const T, 2> logits_NB, View<const T, 1> angle_N, View<const int, 1> symmetry_N);

}  // namespace regrain::kernels
