// One member of the all-atom model: every network from a trace to a backbone and to chi angles.
#pragma once

#include <array>
#include <string>

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

// Draws of chi angles: which ones, of how many there is room for, and what they depend on. The arrays lie in the backend's
// memory: images of each chi, rows, the frames' first residues, and one Rng a frame; see kernels/chi_draws.hpp.
struct DrawSettings {
  int first_draw = 0, n_draws = 0;
  int n_wide = 0;  // the last ones, at another temperature
  double temperature = 1, wide_temperature = 1;
  bool first_is_mode = true;  // the first draw of each member is its mode
  View<const int, 2> symmetry_N4;
  View<const int, 1> row_of_N;  // the trace's residue that each is a copy of
  View<const int, 1> first_of_frame;
  View<const Rng, 1> rng;
};

template <class T>
class Member {
 public:
  // Parameters' names begin with the prefix.
  Member(ParameterSet<T>& set, const std::string& prefix, const Config& config);
  void initialize(std::uint64_t seed) const;

  // What is known before anything is drawn: N, C and O in frames of the trace, (N, 18), and features of residues, (N, H).
  struct Encoding {
    Var<T> outputs_NF, h_NH;
  };
  Encoding encode(Tape<T>& tape, const Trace<T>& trace) const;
  Gaussian<T> prior(Tape<T>& tape, Var<T> h_NH) const;
  Gaussian<T> posterior(Tape<T>& tape, Var<T> h_NH, Var<T> turns_NF) const;

  // The negative ELBO and the backbone's loss; the latent is drawn from the posterior with noise eps (N, latent).
  Loss<T> loss(Tape<T>& tape, const Trace<T>& trace, const Truth<T>& truth, ArrayRef<const T> eps_NL, const LossWeights& weights,
               const Dropout<T>& dropout = {}) const;

  // For N residues, copies of the trace's: into chi (N, S, 4), radians, and the bins they were drawn by.
  void draw_chi(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH, const DrawSettings& settings, Var<T> chi_NS4, View<int, 2> bins_NS) const;

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
  BackboneNet<T> backbone_;
  Trunk<T> trunk_;
  Linear<T> correction_;
  std::array<ChiNet<T>, kernels::kChi> chi_;
  Mlp<T> prior_mu_, prior_logvar_, posterior_mu_, posterior_logvar_;
};

extern template class Member<float>;
extern template class Member<double>;

}  // namespace regrain::models::allatom
