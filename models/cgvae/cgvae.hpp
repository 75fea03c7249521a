// CGVAE (Wang et al. 2022): beads -> the finer particles under them, a conditional VAE.
//
//   posterior q(z | atoms, beads), prior p(z | beads), decoder p(atoms | z, beads)
// The latent is one vector a bead. Beads are known by their index, so a model serves one system.
#pragma once

#include <memory>

#include "models/cgvae/batch.hpp"
#include "models/cgvae/message_layers.hpp"
#include "models/probe.hpp"

namespace regrain::models {

template <class T>
struct CgvaeLoss {
  Var<T> total, reconstruction, kl, graph;  // scalars; kl and graph before their weights
  Var<T> xyz_A3;                            // the reconstruction itself, Angstrom
};

template <class T>
class Cgvae {
 public:
  // n_beads fixes the prior's table. Parameter names are those of the published code.
  Cgvae(const CgvaeConfig& config, int n_beads);

  const CgvaeConfig& config() const { return config_; }
  int n_beads() const { return n_beads_; }
  ParameterSet<T>& parameters() { return *parameters_; }
  const ParameterSet<T>& parameters() const { return *parameters_; }
  // Xavier-uniform weights in message and update nets, torch's fan-in uniform in the heads, N(0, 1)
  // tables.
  void initialize(std::uint64_t seed);

  // Encoder: one feature vector a bead, (B,F).
  Var<T> encode(Tape<T>& tape, const BeadBatch<T>& beads, const AtomBatch<T>& atoms, Probe<T>* probe = nullptr) const;
  Gaussian<T> posterior(Tape<T>& tape, Var<T> h_BF) const;
  Gaussian<T> prior(Tape<T>& tape, const BeadBatch<T>& beads, Probe<T>* probe = nullptr) const;
  // Atoms (A,3) in Angstrom from the latent (B,F). `recenter` as in BeadSystem::centroid.
  Var<T> decode(Tape<T>& tape, const BeadBatch<T>& beads, Var<T> z_BF, bool recenter, Probe<T>* probe = nullptr) const;

  // The negative ELBO with its geometry term, the latent drawn from the posterior with noise eps (B,F).
  CgvaeLoss<T> loss(Tape<T>& tape, const BeadBatch<T>& beads, const AtomBatch<T>& atoms, ArrayRef<const T> eps_BF,
                    const CgvaeWeights& weights, bool recenter, Probe<T>* probe = nullptr) const;
  // Atoms (A,3) from a draw of the prior: z = mu + sigma eps.
  Var<T> sample(Tape<T>& tape, const BeadBatch<T>& beads, ArrayRef<const T> eps_BF, bool recenter) const;

 private:
  // Message and update of layer `l`.
  PseudoState<T> decoder_layer(Tape<T>& tape, const BeadBatch<T>& beads, PseudoState<T> node, int l, Probe<T>* probe) const;
  // `to` plus what a message layer carries to it over the graph; `to` may be `from`. The vectors are left alone
  // unless dead vectors are wanted. The probe sees both additions, called `name` + `ds` and `name` + `dv`.
  void pass_message(Tape<T>& tape, const EquivariantMessage<T>& layer, const FilterGraph<T>& graph, const ScalarVector<T>& from,
                    ScalarVector<T>& to, double neighbors, Probe<T>* probe, const LayerName& name, const char* ds,
                    const char* dv) const;
  // The same among the nodes of one graph; the probe sees what goes in as well.
  void update(Tape<T>& tape, const EquivariantMessage<T>& layer, const FilterGraph<T>& graph, ScalarVector<T>& node, double neighbors,
              Probe<T>* probe, const LayerName& name) const;
  // Zeros (n, 3, F); no rows unless dead vectors are wanted.
  Var<T> zero_vectors(Tape<T>& tape, int n) const;
  Gaussian<T> heads(Tape<T>& tape, const Mlp<T>& mu, const Mlp<T>& logvar, Var<T> h, double floor) const;

  CgvaeConfig config_;
  int n_beads_;
  std::unique_ptr<ParameterSet<T>> parameters_;
  Embedding<T> atom_table_, bead_table_;
  std::vector<EquivariantMessage<T>> atom_messages_, pooling_messages_, prior_messages_;
  Mlp<T> posterior_mu_, posterior_logvar_, prior_mu_, prior_logvar_;
  std::vector<PseudoMessage<T>> decoder_messages_;
  std::vector<VectorUpdate<T>> decoder_updates_;
};

extern template class Cgvae<float>;
extern template class Cgvae<double>;

}  // namespace regrain::models
