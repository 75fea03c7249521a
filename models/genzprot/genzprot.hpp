// GenZProt (Yang & Gomez-Bombarelli 2023): CA trace -> all heavy atoms, a conditional VAE.
//
//   posterior q(z | atoms, trace), prior p(z | trace), decoder p(internal coordinates | z, trace)
// The latent is one vector a residue. Residues are known by their type, so a model serves any protein.
#pragma once

#include <memory>

#include "models/genzprot/decoder.hpp"
#include "models/genzprot/encoder.hpp"
#include "models/genzprot/prior.hpp"

namespace regrain::models {

template <class T>
struct GenzprotLoss {
  Var<T> total;
  // scalars before their weights; kl is the whole divergence, without the part that is free
  Var<T> kl, length, angle, torsion, xyz, graph, clash, backbone_clash;
  Var<T> ic_RT3, xyz_A3;  // the reconstruction itself
};

template <class T>
class Genzprot {
 public:
  // Parameter names are those of the published code.
  explicit Genzprot(const GenzprotConfig& config);

  const GenzprotConfig& config() const { return config_; }
  ParameterSet<T>& parameters() { return *parameters_; }
  const ParameterSet<T>& parameters() const { return *parameters_; }
  // torch's fan-in uniform in linear maps, N(0, 1) in tables of labels; `table` as in Decoder
  void initialize(std::uint64_t seed, const InternalTable& table = {});

  Gaussian<T> posterior(Tape<T>& tape, const TraceBatch<T>& trace, const ProteinBatch<T>& atoms,
                        Probe<T>* probe = nullptr) const;
  Gaussian<T> prior(Tape<T>& tape, const TraceBatch<T>& trace, Probe<T>* probe = nullptr) const;
  // Internal coordinates (R,13,3) from the latent (R,D), and atoms (A,3) in Angstrom from those.
  Var<T> decode(Tape<T>& tape, const TraceBatch<T>& trace, Var<T> z_RD, Probe<T>* probe = nullptr) const;
  Var<T> place(Tape<T>& tape, const TraceBatch<T>& trace, Var<T> ic_RT3) const;

  // The negative ELBO with its geometry terms, the latent drawn from the posterior with noise eps (R,D).
  GenzprotLoss<T> loss(Tape<T>& tape, const TraceBatch<T>& trace, const ProteinBatch<T>& atoms,
                       ArrayRef<const T> eps_RD, const GenzprotWeights& weights,
                       Probe<T>* probe = nullptr) const;
  // Atoms (A,3) from a draw of the prior: z = mu + sigma eps.
  Var<T> sample(Tape<T>& tape, const TraceBatch<T>& trace, ArrayRef<const T> eps_RD) const;

 private:
  void add_geometry_terms(Tape<T>& tape, const ProteinBatch<T>& atoms, GenzprotLoss<T>& out) const;

  GenzprotConfig config_;
  std::unique_ptr<ParameterSet<T>> parameters_;
  Encoder<T> encoder_;
  Mlp<T> mu_, logvar_;
  TracePrior<T> prior_;
  Decoder<T> decoder_;
};

extern template class Genzprot<float>;
extern template class Genzprot<double>;

}  // namespace regrain::models
