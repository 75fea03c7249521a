// regrain's own model from alpha carbons to all heavy atoms, a conditional VAE on chi angles over a predicted backbone.
//
//   backbone(trace), corrected by what the residues around say, posterior q(z | chi, trace), prior p(z | trace),
//   p(chi | z, trace) bin by bin, chi after chi
// Everything is seen in frames of the trace: the result turns with the trace, and a mirror image is another protein.
#pragma once

#include <memory>

#include "models/allatom/networks.hpp"
#include "models/allatom/truth.hpp"

namespace regrain::models::allatom {

struct LossWeights {
  double beta = 1;       // of the KL divergence
  double backbone = 20;  // of the squared displacement of backbone atoms, 1/Angstrom^2
};

template <class T>
struct Loss {
  Var<T> total;
  // before their weights: nats a residue, nats a residue, Angstrom^2
  Var<T> chi, kl, backbone, first_backbone;  // first: before its correction, as messages see it
};

// Everything about a trace that is not drawn.
template <class T>
struct Seen {
  Var<T> backbone_N43;  // N, CA, C, O; Angstrom
  Var<T> h_NH;
};

template <class T>
class Model {
 public:
  explicit Model(const Config& config);

  const Config& config() const { return config_; }
  ParameterSet<T>& parameters() { return *parameters_; }
  const ParameterSet<T>& parameters() const { return *parameters_; }
  void initialize(std::uint64_t seed);

  Seen<T> see(Tape<T>& tape, const Trace<T>& trace) const;
  Gaussian<T> prior(Tape<T>& tape, Var<T> h_NH) const;
  Gaussian<T> posterior(Tape<T>& tape, Var<T> h_NH, Var<T> turns_NF) const;

  // The negative ELBO and the backbone's loss; the latent is drawn from the posterior with noise eps (N, latent).
  Loss<T> loss(Tape<T>& tape, const Trace<T>& trace, const Truth<T>& truth, ArrayRef<const T> eps_NL, const LossWeights& weights,
               const Dropout<T>& dropout = {}) const;

  // S draws of all chi angles, (N, S, 4), and the log-probabilities of their bins, (N, S): see kernels/chi_draws.hpp. One
  // Rng a frame, in the backend's memory as symmetry_N4, the images of each chi, and the frames' first residues.
  struct Draws {
    Var<T> chi_NS4, log_p_NS;
  };
  Draws draw_chi(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH, int n_draws, double temperature, View<const int, 2> symmetry_N4,
                 View<const int, 1> first_of_frame, View<const Rng, 1> rng) const;

 private:
  // The backbone as data, its geometry, and features of it
  struct Backbone {
    Var<T> atoms_N43, geometry_NG, features_NF;
  };
  Backbone make_backbone(Tape<T>& tape, const Trace<T>& trace, Var<T> outputs_NF) const;
  Var<T> trunk(Tape<T>& tape, const Trace<T>& trace, const Backbone& backbone, const Dropout<T>& dropout) const;
  // the backbone network's result, taken as data, and what is added to it
  Var<T> corrected(Tape<T>& tape, Var<T> outputs_NF, Var<T> h_NH) const;
  Var<T> displacement(Tape<T>& tape, const Truth<T>& truth, Var<T> outputs_NF) const;

  Config config_;
  std::unique_ptr<ParameterSet<T>> parameters_;
  BackboneNet<T> backbone_;
  Trunk<T> trunk_;
  Linear<T> correction_;
  std::array<ChiNet<T>, kernels::kChi> chi_;
  Mlp<T> prior_mu_, prior_logvar_, posterior_mu_, posterior_logvar_;
};

extern template class Model<float>;
extern template class Model<double>;

}  // namespace regrain::models::allatom
