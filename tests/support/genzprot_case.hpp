// One golden case of the trace-to-atoms VAE: protein, batch, weights and noise.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "models/genzprot/genzprot.hpp"
#include "models/genzprot/reference_weights.hpp"
#include "models/residues.hpp"
#include "tests/support/golden.hpp"

namespace regrain::test {

// columns of `x` (N, C) in our order
inline Tensor<double> reordered(const Tensor<double>& x, const std::vector<int>& column) {
  if (column.empty()) return x;
  Tensor<double> y(x.shape());
  const std::size_t n = column.size();
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i / n * n + static_cast<std::size_t>(column[i % n])];
  return y;
}

// Our (dst, src) of a directed edge of the published code, which gathers from `second` and sums into `first`.
inline int find_edge(const Graph& g, int first, int second) {
  const int *begin = g.src.data() + g.offset[first], *end = g.src.data() + g.offset[first + 1];
  const int* at = std::lower_bound(begin, end, second);
  return at != end && *at == second ? static_cast<int>(at - g.src.data()) : -1;
}

template <class T>
struct GenzprotCase {
  std::string stem;
  GoldenFile inputs, truth, truth_grads;
  models::GenzprotConfig config;
  models::GenzprotWeights weights;
  models::Protein protein;
  Context context{1};
  std::unique_ptr<models::Genzprot<T>> model;
  std::vector<T> trace_xyz, atom_xyz;
  models::TraceBatch<T> trace;
  models::ProteinBatch<T> atoms;
  Tensor<T> eps;
  int n_frames;

  explicit GenzprotCase(const std::string& path)
      : stem(path),
        inputs(path + "_inputs.safetensors"),
        truth(path + "_f64.safetensors"),
        truth_grads(path + "_grads_f64.safetensors"),
        n_frames(static_cast<int>(inputs.integers("input.num_CGs").size())) {
    config.conformance = models::Conformance::reference;
    protein = read_protein();
    trace_xyz = coordinates("input.OG_CG_nxyz");
    atom_xyz = coordinates("input.nxyz");
    std::vector<models::ProteinFrame<T>> frames;
    for (int f = 0; f < n_frames; ++f)
      frames.push_back({&protein, trace_xyz.data() + 3 * f * protein.n_trace(),
                        atom_xyz.data() + 3 * f * protein.n_atoms()});
    trace = models::make_trace_batch(context, config, frames);
    atoms = models::make_protein_batch(context, config, frames);
    const Tensor<double> noise = inputs.tensor("input.eps");
    eps = Tensor<T>(noise.shape());
    std::transform(noise.begin(), noise.end(), eps.begin(), [](double x) { return static_cast<T>(x); });
    model = std::make_unique<models::Genzprot<T>>(config);
    load_weights();
  }

  // the published targets are rounded to float
  void take_published_targets() {
    const Tensor<double> ic = inputs.tensor("input.ic");
    std::transform(ic.begin(), ic.end(), atoms.target_RT3.begin(),
                   [](double x) { return static_cast<T>(x); });
  }

 private:
  std::vector<T> coordinates(const char* name) const {
    std::vector<T> xyz;
    const Tensor<double> rows = inputs.tensor(name);
    for (int i = 0; i < rows.dim(0); ++i)
      for (int k = 1; k < 4; ++k) xyz.push_back(static_cast<T>(rows[4 * i + k]));
    return xyz;
  }

  models::Protein read_protein() const {
    const Tensor<double> all = inputs.tensor("input.OG_CG_nxyz"), nxyz = inputs.tensor("input.nxyz");
    const std::vector<int> owner = inputs.integers("input.CG_mapping"),
                           masked = inputs.integers("input.mask_xyz_list");
    const std::vector<int> index = inputs.integers("input.atom_idx"),
                           permute = inputs.integers("input.permute");
    const int n_trace = all.dim(0) / n_frames, n_atoms = nxyz.dim(0) / n_frames;
    std::set<int> ends;
    for (int a : masked) ends.insert(owner[a]);
    std::vector<models::ResidueName> residues;
    int chain = 0;
    for (int r = 0; r < n_trace; ++r) {
      if (ends.contains(r - 1) && ends.contains(r - 2)) ++chain;
      const int type = static_cast<int>(all[4 * r]);
      residues.push_back({std::string(models::residue_templates()[type].name), chain, r + 1 + 1000 * chain});
    }
    std::vector<models::AtomName> names{{"CA", 0}};
    std::vector<int> sulfur;
    for (int a = 0; a < n_atoms; ++a) {
      const int r = owner[a] + 1, slot = index[permute[a]] % models::kSlots;
      names.push_back({std::string(models::residue_templates()[static_cast<int>(all[4 * r])].atom[slot]), r});
      if (names.back().name == "SG") sulfur.push_back(a);
    }
    names.push_back({"CA", n_trace - 1});
    std::vector<std::pair<int, int>> disulfides;
    for (int a : sulfur)
      for (int b : sulfur) {
        double d2 = 0;
        for (int k = 1; k < 4; ++k) d2 += std::pow(nxyz[4 * a + k] - nxyz[4 * b + k], 2);
        if (a < b && d2 < 9) disulfides.emplace_back(a + 1, b + 1);
      }
    return models::make_protein(residues, names, disulfides);
  }

  void load_weights() {
    const std::filesystem::path path(stem);
    const bool random = path.filename().string().find("_init") != std::string::npos;
    const GoldenFile file(
        (path.parent_path() / (random ? "weights_init_seed4321" : "weights_ckpt12345")).string() +
        ".safetensors");
    for (Parameter<T>& p : model->parameters().all()) {
      const Tensor<double> w = reordered(file.tensor(p.name), models::reference_columns(p.name));
      REGRAIN_CHECK(w.shape() == p.shape, p.name, " is ", w.shape().text(), ", expected ", p.shape.text());
      std::transform(w.begin(), w.end(), p.value, [](double x) { return static_cast<T>(x); });
    }
  }
};

}  // namespace regrain::test
