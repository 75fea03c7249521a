// The latent of a conditional VAE: sample it, and the KL divergence from posterior to prior.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/gaussian.hpp"

namespace regrain {

using kernels::KlForm;

// A diagonal Gaussian per node, (N,D); sigma = floor + exp(logvar / 2).
template <class T>
struct Gaussian {
  Var<T> mu, logvar;
  double floor;
};

// z = mu + sigma eps (N,D). `eps` must outlive the tape.
template <class T>
Var<T> draw(Tape<T>& tape, Gaussian<T> p, ArrayRef<const T> eps);

// Scalar: mean over the nodes of KL(posterior || prior), summed over D.
template <class T>
Var<T> gaussian_kl(Tape<T>& tape, KlForm form, Gaussian<T> posterior, Gaussian<T> prior);

}  // namespace regrain
