// regrain's own model from alpha carbons to all heavy atoms, a conditional VAE on chi angles over a predicted backbone.
//
//   backbone(trace), corrected by what the residues around say, posterior q(z | chi, trace), prior p(z | trace),
//   p(chi | z, trace) bin by bin, chi after chi
// Everything is seen in frames of the trace: the result turns with the trace, and a mirror image is another protein.
//
// Several members with weights of their own make a mixture: each is trained on its own ELBO, the backbone is the mean of
// theirs in frames of the trace, and each makes its share of the draws.
#pragma once

#include <memory>
#include <vector>

#include "models/allatom/member.hpp"

namespace regrain::models::allatom {

// Everything about a trace that is not drawn.
template <class T>
struct Seen {
  Var<T> backbone_N43;       // N, CA, C, O; Angstrom
  std::vector<Var<T>> h_NH;  // of each member
};

template <class T>
class Model {
 public:
  explicit Model(const Config& config);

  const Config& config() const { return config_; }
  ParameterSet<T>& parameters() { return *parameters_; }
  const ParameterSet<T>& parameters() const { return *parameters_; }
  void initialize(std::uint64_t seed);

  // By the first `members` of them; 0: by all.
  Seen<T> see(Tape<T>& tape, const Trace<T>& trace, int members = 0) const;

  // The mean over members. eps (M, N, latent), planes of dropout for member after member.
  Loss<T> loss(Tape<T>& tape, const Trace<T>& trace, const Truth<T>& truth, ArrayRef<const T> eps_MNL, const LossWeights& weights,
               const Dropout<T>& dropout = {}) const;

  // The draws that settings ask for, by those members that have seen, in equal shares, the wide ones by the last; into chi (N, S, 4), radians, and
  // the bins they were drawn by, (N, S) in the backend's memory (kernels/chi_draws.hpp). The N residues are copies of the trace's,
  // settings.row_of_N: samples of a frame differ in their draws alone.
  void draw_chi(Tape<T>& tape, const Trace<T>& trace, const Seen<T>& seen, const DrawSettings& settings, Var<T> chi_NS4, View<int, 2> bins_NS) const;

 private:
  Config config_;
  std::unique_ptr<ParameterSet<T>> parameters_;
  std::vector<Member<T>> members_;
};

extern template class Model<float>;
extern template class Model<double>;

}  // namespace regrain::models::allatom
