// One golden case of the bead-to-atoms VAE: configuration, weights by formula, batch and noise.
#pragma once

#include <nlohmann/json.hpp>

#include "models/cgvae/cgvae.hpp"
#include "tests/support/golden.hpp"

namespace regrain::test {

// The weights are a function of parameter name and index (splitmix64 of an FNV-1a hash), so that
// files need not hold them. Values in [-1, 1).
inline double formula_value(const std::string& name, std::size_t index) {
  std::uint64_t h = 0xcbf29ce484222325ull;
  for (char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  std::uint64_t x = h + (index + 1) * 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  x ^= x >> 31;
  return 2 * (static_cast<double>(x >> 40) * 0x1p-24) - 1;
}

template <class T>
void set_formula_weights(ParameterSet<T>& set, double matrix_scale) {
  for (Parameter<T>& p : set.all()) {
    const bool table = p.name.find("atom_embed") != std::string::npos;
    const double a = table ? 1 : p.shape.rank() == 2 ? matrix_scale * std::sqrt(6.0 / (p.shape[0] + p.shape[1])) : 0.05;
    for (std::size_t i = 0; i < p.shape.size(); ++i)
      p.value[i] = static_cast<T>(static_cast<float>(formula_value(p.name, i) * a));
    if (table) std::fill_n(p.value, p.shape[1], T(0));
  }
}

template <class T>
struct CgvaeCase {
  nlohmann::json settings;
  GoldenFile inputs, truth;
  models::CgvaeConfig config;
  models::CgvaeWeights weights;
  models::BeadSystem system;
  Context context{2};
  std::unique_ptr<models::Cgvae<T>> model;
  models::BeadBatch<T> beads;
  models::AtomBatch<T> atoms;
  std::vector<Tensor<T>> eps;

  explicit CgvaeCase(const std::string& stem)
      : inputs(stem + ".f32.safetensors"), truth(stem + ".f64.safetensors") {
    settings = nlohmann::json::parse(truth.metadata("config"));
    config.channels = settings.at("n_basis");
    config.n_rbf = settings.at("n_rbf");
    config.encoder_layers = settings.at("enc_nconv");
    config.decoder_layers = settings.at("dec_nconv");
    config.atom_cutoff = settings.at("atom_cutoff");
    config.bead_cutoff = settings.at("cg_cutoff");
    config.conformance = models::Conformance::reference;
    config.dead_branches = true;
    weights = {settings.at("beta"), settings.at("gamma")};

    const int n_frames = static_cast<int>(inputs.integers("in.num_atoms").size());
    const Tensor<double> nxyz = inputs.tensor("in.nxyz"), bead_nxyz = inputs.tensor("in.CG_nxyz");
    const int n_atoms = nxyz.dim(0) / n_frames, n_beads = bead_nxyz.dim(0) / n_frames;
    const std::vector<int> mapping = inputs.integers("in.CG_mapping"), bonds = inputs.integers("in.bond_edge_list");
    system.n_beads = n_beads;
    for (int i = 0; i < n_atoms; ++i) {
      system.bead_of_atom.push_back(mapping[i]);
      system.atomic_number.push_back(static_cast<int>(nxyz[4 * i]));
    }
    for (std::size_t b = 0; b < bonds.size(); b += 2)
      if (bonds[b] < n_atoms) system.bonds.emplace_back(bonds[b], bonds[b + 1]);
    system.check();

    std::vector<T> atom_xyz, bead_xyz;
    for (const auto& [from, to] : {std::pair{&nxyz, &atom_xyz}, {&bead_nxyz, &bead_xyz}})
      for (int i = 0; i < from->dim(0); ++i)
        for (int a = 1; a < 4; ++a) to->push_back(static_cast<T>((*from)[4 * i + a]));
    beads = models::make_bead_batch<T>(context, config, system, n_frames, bead_xyz);
    atoms = models::make_atom_batch<T>(context, config, system, beads, atom_xyz);

    model = std::make_unique<models::Cgvae<T>>(config, n_beads);
    set_formula_weights(model->parameters(), settings.value("wscale", 1.0));
    const Tensor<double> noise = inputs.tensor("in.eps");
    const std::size_t per_step = noise.size() / 3;
    for (std::size_t s = 0; s < 3; ++s) {
      eps.emplace_back(Shape{n_frames * n_beads, config.channels});
      for (std::size_t i = 0; i < per_step; ++i) eps[s][i] = static_cast<T>(noise[s * per_step + i]);
    }
  }
};

}  // namespace regrain::test
