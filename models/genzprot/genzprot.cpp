#include "models/genzprot/genzprot.hpp"

#include <algorithm>

#include "autodiff/arithmetic.hpp"
#include "autodiff/distance_losses.hpp"
#include "autodiff/internal_losses.hpp"
#include "autodiff/rows.hpp"

namespace regrain::models {

template <class T>
Genzprot<T>::Genzprot(const GenzprotConfig& config)
    : config_(config),
      parameters_(std::make_unique<ParameterSet<T>>()),
      encoder_(*parameters_, "encoder", config),
      mu_(*parameters_, "atom_munet", ".0", ".2", config.latent, config.latent, config.latent,
          Activation::relu),
      logvar_(*parameters_, "atom_sigmanet", ".0", ".2", config.latent, config.latent, config.latent,
              Activation::relu),
      prior_(*parameters_, "prior_net", config),
      decoder_(*parameters_, "equivaraintconv", config) {
  parameters_->allocate();
}

template <class T>
void Genzprot<T>::initialize(std::uint64_t seed, const InternalTable& table) {
  encoder_.initialize(seed);
  mu_.fan_in(seed);
  logvar_.fan_in(seed);
  prior_.initialize(seed);
  decoder_.initialize(seed, table);
}

template <class T>
Gaussian<T> Genzprot<T>::posterior(Tape<T>& tape, const TraceBatch<T>& trace, const ProteinBatch<T>& atoms,
                                   Probe<T>* probe) const {
  const Var<T> s = encoder_(tape, trace, atoms, probe);
  return {mu_(tape, s), logvar_(tape, s), kernels::kPosteriorFloor};
}

template <class T>
Gaussian<T> Genzprot<T>::prior(Tape<T>& tape, const TraceBatch<T>& trace, Probe<T>* probe) const {
  return prior_(tape, trace, probe);
}

template <class T>
Var<T> Genzprot<T>::decode(Tape<T>& tape, const TraceBatch<T>& trace, Var<T> z_RD, Probe<T>* probe) const {
  return decoder_(tape, trace, z_RD, probe);
}

template <class T>
Var<T> Genzprot<T>::place(Tape<T>& tape, const TraceBatch<T>& trace, Var<T> ic_RT3) const {
  return place_atoms(tape, ic_RT3, trace.placement(), View<const T, 2>(trace.trace_N3), trace.n_atoms);
}

template <class T>
void Genzprot<T>::add_geometry_terms(Tape<T>& tape, const ProteinBatch<T>& atoms,
                                     GenzprotLoss<T>& out) const {
  const Var<T> xyz = keep_rows(tape, out.xyz_A3, View<const int, 1>(atoms.keep_A));
  const T eps = static_cast<T>(kDistanceEpsilon);
  out.xyz = mean_squared_displacement(tape, xyz, atoms.target_xyz_A3.ref());
  // the published mean counts the atoms it leaves out
  if (!config_.reference() && atoms.n_kept > 0)
    out.xyz = scale(tape, static_cast<T>(xyz.dim(0)) / static_cast<T>(atoms.n_kept), out.xyz);
  out.graph = edge_length_loss(tape, xyz, atoms.target_xyz_A3.ref(), atoms.near, eps);
  out.clash = clash_loss(tape, xyz, atoms.clash, static_cast<T>(kNearestAtoms), eps);
  out.backbone_clash = clash_loss(tape, xyz, atoms.backbone, static_cast<T>(kNearestBackbone), eps);
}

template <class T>
GenzprotLoss<T> Genzprot<T>::loss(Tape<T>& tape, const TraceBatch<T>& trace, const ProteinBatch<T>& atoms,
                                  ArrayRef<const T> eps_RD, const GenzprotWeights& weights,
                                  Probe<T>* probe) const {
  const Gaussian<T> q = posterior(tape, trace, atoms, probe);
  const Gaussian<T> p = prior(tape, trace, probe);
  const Var<T> z = draw(tape, q, eps_RD);
  note(probe, "mu", q.mu);
  note(probe, "logvar", q.logvar);
  note(probe, "latent_z", z);

  GenzprotLoss<T> out;
  out.ic_RT3 = decode(tape, trace, z, probe);
  out.xyz_A3 = place(tape, trace, out.ic_RT3);
  out.kl = gaussian_kl(tape, config_.kl_form(), q, p);
  const InternalLosses<T> internal = internal_losses(tape, out.ic_RT3, View<const T, 3>(atoms.target_RT3),
                                                     View<const int, 2>(atoms.mask_RT));
  out.length = internal.length;
  out.angle = internal.angle;
  out.torsion = internal.torsion;
  const auto w = [](double x) { return static_cast<T>(x); };
  out.total = weighted_sum<T>(tape, {{w(GenzprotWeights::kLength), out.length},
                                     {w(1), out.angle},
                                     {w(weights.delta), out.torsion},
                                     {w(weights.beta), excess(tape, out.kl, w(GenzprotWeights::kFreeKl))}});
  add_geometry_terms(tape, atoms, out);
  // the published code leaves them out where a batch begins and ends in different proteins
  if (!config_.reference() || trace.protein.front() == trace.protein.back())
    out.total = add(tape, out.total,
                    weighted_sum<T>(tape, {{w(weights.eta), out.xyz},
                                           {w(GenzprotWeights::kGraph), out.graph},
                                           {w(weights.zeta), out.clash},
                                           {w(weights.zeta), out.backbone_clash}}));
  return out;
}

template <class T>
Var<T> Genzprot<T>::sample(Tape<T>& tape, const TraceBatch<T>& trace, ArrayRef<const T> eps_RD) const {
  const Var<T> z = keep_result_of(tape, {trace.n_residues(), config_.latent},
                                  [&] { return draw(tape, prior(tape, trace), eps_RD); });
  const Var<T> ic =
      keep_result_of(tape, {trace.n_residues(), kernels::kInternalRows, 3}, [&] { return decode(tape, trace, z); });
  return place(tape, trace, ic);
}

template class Genzprot<float>;
template class Genzprot<double>;

}  // namespace regrain::models
