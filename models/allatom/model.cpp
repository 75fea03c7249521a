#include "models/allatom/model.hpp"

#include <algorithm>

#include "engine/errors.hpp"

namespace regrain::models::allatom {

template <class T>
Model<T>::Model(const Config& config) : config_(config), parameters_(std::make_unique<ParameterSet<T>>()) {
  REGRAIN_CHECK(config.members >= 1, "an all-atom model of ", config.members, " members");
  for (int m = 0; m < config.members; ++m)
    members_.emplace_back(*parameters_, m == 0 ? std::string() : concat("members.", m + 1, "."), config);
  parameters_->allocate();
}

template <class T>
void Model<T>::initialize(std::uint64_t seed) {
  for (const Member<T>& member : members_) member.initialize(seed);  // random numbers go by parameters' names
}

namespace {

// What a member knows of a trace, without what it made on the way, which would pile up with the members.
template <class T>
typename Member<T>::Encoding kept_encoding(Tape<T>& tape, const Trace<T>& trace, const Member<T>& member, int width) {
  if (tape.recording()) return member.encode(tape, trace);
  const int n = trace.n_residues();
  const typename Member<T>::Encoding kept{tape.result({n, kernels::kPeptideOutputs}, {}), tape.result({n, width}, {})};
  const Context::Scope scope(tape.context());
  const auto made = member.encode(tape, trace);
  for (const auto& [to, from] : {std::pair(kept.outputs_NF, made.outputs_NF), std::pair(kept.h_NH, made.h_NH)})
    tape.context().copy(to.mutable_value().data(), from.value().data(), from.size() * sizeof(T));
  return kept;
}

}  // namespace

template <class T>
Seen<T> Model<T>::see(Tape<T>& tape, const Trace<T>& trace, int members) const {
  REGRAIN_CHECK(members >= 0 && members <= config_.members, "the first ", members, " of ", config_.members, " members");
  const int count = members == 0 ? config_.members : members;
  Seen<T> seen;
  Var<T> outputs;
  for (int m = 0; m < count; ++m) {
    const auto encoding = kept_encoding(tape, trace, members_[static_cast<std::size_t>(m)], config_.channels);
    outputs = m == 0 ? encoding.outputs_NF : add(tape, outputs, encoding.outputs_NF);
    seen.h_NH.push_back(encoding.h_NH);
  }
  if (count > 1) outputs = scale(tape, T(1) / static_cast<T>(count), outputs);
  seen.backbone_N43 = tape.result({trace.n_residues(), kernels::kBackboneAtoms, 3}, {});
  tape.forward([&](auto be) { kernels::trace_backbone<T>(be, trace.frames(), outputs.value(), seen.backbone_N43.mutable_value()); });
  return seen;
}

template <class T>
Loss<T> Model<T>::loss(Tape<T>& tape, const Trace<T>& trace, const Truth<T>& truth, ArrayRef<const T> eps_MNL,
                       const LossWeights& weights, const Dropout<T>& dropout) const {
  const int n = trace.n_residues(), planes = member_planes(config_);
  REGRAIN_CHECK(eps_MNL.shape().rank() == 3 && eps_MNL.dim(0) == config_.members, "noise for ", eps_MNL.dim(0), " members of ", config_.members);
  Loss<T> mean;
  const T share = T(1) / static_cast<T>(config_.members);
  for (int m = 0; m < config_.members; ++m) {
    const std::ptrdiff_t skipped = static_cast<std::ptrdiff_t>(m) * n * config_.latent;
    Dropout<T> own = dropout;
    own.first_plane = m * planes;
    const Loss<T> l = members_[static_cast<std::size_t>(m)].loss(
        tape, trace, truth, ArrayRef<const T>(eps_MNL.data() + skipped, {n, config_.latent}), weights, own);
    if (config_.members == 1) return l;
    const auto join = [&](Var<T>& to, Var<T> term) {
      to = m == 0 ? weighted_sum<T>(tape, {{share, term}}) : weighted_sum<T>(tape, {{T(1), to}, {share, term}});
    };
    join(mean.total, l.total);
    join(mean.chi, l.chi);
    join(mean.kl, l.kl);
    join(mean.backbone, l.backbone);
    join(mean.first_backbone, l.first_backbone);
  }
  return mean;
}

template <class T>
void Model<T>::draw_chi(Tape<T>& tape, const Trace<T>& trace, const Seen<T>& seen, const DrawSettings& settings, Var<T> chi_NS4,
                        View<int, 2> bins_NS) const {
  REGRAIN_CHECK(!tape.recording(), "draw_chi: draws have no derivative; take a tape for inference");
  const int members = static_cast<int>(seen.h_NH.size());
  DrawSettings own = settings;
  const int narrow = settings.n_draws - settings.n_wide;
  for (int m = 0; m < members; ++m) {
    own.n_wide = m + 1 == members ? settings.n_wide : 0;
    own.n_draws = narrow / members + (m < narrow % members ? 1 : 0) + own.n_wide;
    const Context::Scope scope(tape.context());  // of the draws alone: they stand in chi
    if (own.n_draws > 0) members_[static_cast<std::size_t>(m)].draw_chi(tape, trace, seen.h_NH[static_cast<std::size_t>(m)], own, chi_NS4, bins_NS);
    own.first_draw += own.n_draws;
  }
}

template class Model<float>;
template class Model<double>;

}  // namespace regrain::models::allatom
