#include "models/allatom/member.hpp"

#include "autodiff/angle_bins.hpp"
#include "autodiff/arithmetic.hpp"
#include "autodiff/distance_losses.hpp"
#include "autodiff/rows.hpp"
#include "engine/errors.hpp"
#include "kernels/columns.hpp"

namespace regrain::models::allatom {

namespace {

template <class T>
Mlp<T> head(ParameterSet<T>& set, const std::string& name, int in, const Config& c) {
  return {set, name, ".first", ".second", in, c.channels, c.latent, Activation::swish};
}

// columns first .. first + count of a matrix of data, side by side again
template <class T>
Var<T> columns(Tape<T>& tape, ArrayRef<const T> x, int count) {
  const Var<T> y = tape.result({x.dim(0), count}, {});
  tape.forward([&](auto be) {
    kernels::fill<T>(be, T(0), y.mutable_value().flat());
    kernels::add_columns<T>(be, x, 0, y.mutable_value());
  });
  return y;
}

}  // namespace

template <class T>
Member<T>::Member(ParameterSet<T>& set, const std::string& prefix, const Config& config)
    : config_(config), backbone_(set, prefix + "backbone", config), trunk_(set, prefix + "trunk", config),
      correction_(set, prefix + "correction", config.channels, kernels::kPeptideOutputs) {
  for (int k = 0; k < kernels::kChi; ++k)
    chi_[static_cast<std::size_t>(k)] = ChiNet<T>(set, concat(prefix, "chi.", k + 1), config, k);
  if (config.latent == 0) return;
  prior_mu_ = head(set, prefix + "prior.mu", config.channels, config);
  prior_logvar_ = head(set, prefix + "prior.logvar", config.channels, config);
  const int seen = config.channels + kernels::kChi * kTurnFeatures;
  posterior_mu_ = head(set, prefix + "posterior.mu", seen, config);
  posterior_logvar_ = head(set, prefix + "posterior.logvar", seen, config);
}

template <class T>
void Member<T>::initialize(std::uint64_t seed) const {
  backbone_.initialize(seed);
  trunk_.initialize(seed);
  correction_.xavier(seed, 0.1);
  for (const auto& chi : chi_) chi.initialize(seed);
  if (config_.latent == 0) return;
  // both begin near N(0, 1)
  for (const Mlp<T>* m : {&prior_mu_, &prior_logvar_, &posterior_mu_, &posterior_logvar_}) m->xavier(seed, 0.1);
}

template <class T>
typename Member<T>::Backbone Member<T>::make_backbone(Tape<T>& tape, const Trace<T>& trace, Var<T> outputs_NF) const {
  const int n = trace.n_residues();
  const Backbone b{tape.result({n, kernels::kBackboneAtoms, 3}, {}), tape.result({n, kernels::kGeometry}, {}),
                   tape.result({n, kernels::kBackboneFeatures}, {})};
  tape.forward([&](auto be) {
    kernels::trace_backbone<T>(be, trace.frames(), outputs_NF.value(), b.atoms_N43.mutable_value());
    kernels::residue_geometry<T>(be, trace.frames(), b.atoms_N43.value(), View<const int, 1>(trace.type_N), b.geometry_NG.mutable_value(),
                                 b.features_NF.mutable_value());
  });
  return b;
}

template <class T>
Var<T> Member<T>::trunk(Tape<T>& tape, const Trace<T>& trace, const Backbone& backbone, const Dropout<T>& dropout) const {
  return trunk_(tape, trace, {backbone.geometry_NG.value(), View<const int, 1>(trace.place_N)}, backbone.features_NF, dropout);
}

template <class T>
typename Member<T>::Encoding Member<T>::encode(Tape<T>& tape, const Trace<T>& trace) const {
  const Var<T> outputs = backbone_(tape, trace), h = trunk(tape, trace, make_backbone(tape, trace, outputs), {});
  return {corrected(tape, outputs, h), h};
}

template <class T>
Var<T> Member<T>::corrected(Tape<T>& tape, Var<T> outputs_NF, Var<T> h_NH) const {
  return add(tape, tape.constant(outputs_NF.value()), correction_(tape, h_NH));
}

template <class T>
Var<T> Member<T>::displacement(Tape<T>& tape, const Truth<T>& truth, Var<T> outputs_NF) const {
  const int n_targets = kBackboneTargets * outputs_NF.shape()[0];
  const Var<T> points = keep_rows(tape, tape.reshape(outputs_NF, {n_targets, 3}), View<const int, 1>(truth.keep_6));
  return scale(tape, static_cast<T>(n_targets) / static_cast<T>(std::max(truth.n_kept, 1)),
               mean_squared_displacement(tape, points, truth.backbone_63.ref()));
}

template <class T>
Gaussian<T> Member<T>::prior(Tape<T>& tape, Var<T> h_NH) const {
  return {prior_mu_(tape, h_NH), prior_logvar_(tape, h_NH), kernels::kPriorFloor};
}

template <class T>
Gaussian<T> Member<T>::posterior(Tape<T>& tape, Var<T> h_NH, Var<T> turns_NF) const {
  const Var<T> x = join_columns(tape, h_NH, turns_NF);
  return {posterior_mu_(tape, x), posterior_logvar_(tape, x), kernels::kPosteriorFloor};
}

template <class T>
Loss<T> Member<T>::loss(Tape<T>& tape, const Trace<T>& trace, const Truth<T>& truth, ArrayRef<const T> eps_NL,
                       const LossWeights& weights, const Dropout<T>& dropout) const {
  const int n = trace.n_residues();
  const Var<T> outputs = backbone_(tape, trace);
  // the side chains' networks take the backbone as it is
  const Var<T> h = trunk(tape, trace, make_backbone(tape, trace, outputs), dropout);

  Loss<T> out;
  out.first_backbone = displacement(tape, truth, outputs);
  out.backbone = displacement(tape, truth, corrected(tape, outputs, h));

  Var<T> z;
  if (config_.latent > 0) {
    const Gaussian<T> q = posterior(tape, h, tape.constant(truth.turns_NF.ref())), p = prior(tape, h);
    out.kl = gaussian_kl(tape, KlForm::exact, q, p);
    z = draw(tape, q, eps_NL);
  } else {
    out.kl = filled<T>(tape, {}, T(0));
  }
  std::array<Var<T>, kernels::kChi> nll;
  for (int k = 0; k < kernels::kChi; ++k) {
    const ChiNet<T>& net = chi_[static_cast<std::size_t>(k)];
    Var<T> logits;
    if (k == 0 && config_.latent == 0) {
      logits = net.without_draw(tape, trace, h);
    } else {
      Var<T> inputs = z;
      if (k > 0) {
        const Var<T> turns = columns<T>(tape, truth.turns_NF.ref(), kTurnFeatures * k);
        inputs = config_.latent > 0 ? join_columns(tape, z, turns) : turns;
      }
      logits = net(tape, trace, h, inputs);
    }
    const auto row = [&](const auto& tensor) { return tensor.data() + static_cast<std::ptrdiff_t>(k) * n; };
    nll[static_cast<std::size_t>(k)] =
        angle_bins_loss(tape, logits, View<const T, 1>(row(truth.chi_4N), {n}), View<const int, 1>(row(truth.symmetry_4N), {n}));
  }
  out.chi = weighted_sum<T>(tape, {{T(1), nll[0]}, {T(1), nll[1]}, {T(1), nll[2]}, {T(1), nll[3]}});
  out.total = weighted_sum<T>(tape, {{T(1), out.chi}, {static_cast<T>(weights.beta), out.kl}, {static_cast<T>(weights.backbone), out.backbone},
                                   {static_cast<T>(weights.backbone), out.first_backbone}});
  return out;
}

template <class T>
void Member<T>::draw_chi(Tape<T>& tape, const Trace<T>& trace, Var<T> h_NH, const DrawSettings& settings, Var<T> chi_NS4,
                         View<int, 2> bins_NS) const {
  kernels::ChiDrawing<T> d;
  for (std::size_t k = 0; k < kernels::kChi; ++k) {
    const ChiNet<T>& net = chi_[k];
    d.head[k] = {net.given(tape, trace, h_NH).value(), net.draw ? View<const T, 2>(net.draw->values()) : View<const T, 2>(nullptr, {config_.channels, 0}),
                 net.logits.weight->values(), net.logits.bias->values()};
  }
  if (config_.latent > 0) {
    const Gaussian<T> p = prior(tape, h_NH);
    d.mu_KL = p.mu.value();
    d.logvar_KL = p.logvar.value();
  } else {
    d.mu_KL = d.logvar_KL = View<const T, 2>(nullptr, {trace.n_residues(), 0});
  }
  d.row_of_N = settings.row_of_N;
  d.symmetry_N4 = settings.symmetry_N4;
  d.first_of_set_G1 = settings.first_of_frame;
  d.temperature = settings.temperature;
  d.first_draw = settings.first_draw;
  d.n_draws = settings.n_draws;
  d.n_wide = settings.n_wide;
  d.wide_temperature = settings.wide_temperature;
  d.first_is_mode = settings.first_is_mode;
  tape.forward([&](auto be) { kernels::draw_chi<T>(be, d, settings.rng, chi_NS4.mutable_value(), bins_NS); });
}

template class Member<float>;
template class Member<double>;

}  // namespace regrain::models::allatom
