#include "driver/allatom_stage.hpp"

#include <algorithm>
#include <limits>

#include "autodiff/schedules.hpp"
#include "driver/allatom_topology.hpp"
#include "driver/stage_config.hpp"
#include "kernels/gaussian.hpp"

namespace regrain::driver {

namespace {

namespace m = models::allatom;

struct AllAtomFrame final : PreparedFrame {
  m::Sequence sequence;
  std::vector<float> ca;     // (N, 3)
  std::vector<float> atoms;  // (N, 14, 3), NaN where there is none

  std::size_t bytes() const override {
    return sizeof *this + sizeof(float) * (ca.size() + atoms.size()) + sizeof(int) * (sequence.type.size() + sequence.first_of_chain.size());
  }
};

struct AllAtomArrays {
  m::Trace<float> trace;
  m::Truth<float> truth;
  Tensor<float> eps;

  static constexpr auto arrays() { return std::make_tuple(&AllAtomArrays::trace, &AllAtomArrays::truth, &AllAtomArrays::eps); }
};
using AllAtomBatch = BatchOf<AllAtomArrays>;

Rng rng_of(const DrawKey& key, std::uint16_t what) {
  return {key.seed, key.frame, static_cast<std::uint16_t>(key.purpose | what << 8), key.sample};
}
// what a draw is for, in the upper half of Rng::op
constexpr std::uint16_t kLatent = 0, kCaNoise = 1, kCaSpread = 2;

// Half of the frames stay as they are; the others are moved by a normal draw of a spread up to `most`, Angstrom.
void add_noise(const DrawKey& key, double most, float* ca, std::size_t n) {
  const double share = 2 * rng_of(key, kCaSpread).uniform(0) - 1;
  if (share <= 0) return;
  const Rng rng = rng_of(key, kCaNoise);
  for (std::size_t i = 0; i < n; ++i) ca[i] += static_cast<float>(most * share * rng.normal(static_cast<std::uint32_t>(i)));
}

}  // namespace

AllAtomStage::AllAtomStage(const io::Config& config, const StageSetup& setup)
    : beta_start_(config.number("loss.beta_start")),
      beta_steps_(config.integer("loss.beta_steps")),
      ca_noise_(config.number("train.ca_noise")),
      coarse_(setup.coarse),
      map_(setup.map),
      model_(std::make_unique<m::Model<float>>(allatom_config(config))) {
  weights_.beta = config.number("loss.beta");
  weights_.backbone = config.number("loss.backbone");
  if (beta_start_ < 0) beta_start_ = weights_.beta;
}

io::Topology AllAtomStage::fine_topology(const io::Topology& coarse, const std::string& file) const {
  return all_atoms_of_trace(coarse, file);
}

std::vector<io::Frame> AllAtomStage::refine(Context& context, const io::Topology& coarse, const std::vector<StageInput>& inputs,
                                            RefineMemory&) const {
  const m::Sequence sequence = sequence_of_trace(coarse, "trace");
  const io::Topology out = all_atoms_of_trace(coarse, "trace");
  const int n = sequence.n_residues(), n_frames = static_cast<int>(inputs.size());
  std::vector<m::TraceFrame<float>> frames;
  for (const StageInput& in : inputs) frames.push_back({&sequence, in.coarse->xyz_A3.data()});
  m::Trace<float> trace;
  m::make_trace<float>(context, model_->config(), frames, trace);
  Tape<float> tape(context, TapeMode::infer);
  const m::Seen<float> seen = model_->see(tape, trace);
  const auto tables = m::side_chain_tables<float>();
  Tensor<int> symmetry({n * n_frames, kernels::kChi});
  for (int i = 0; i < n * n_frames; ++i) {
    const int type = trace.type_N[static_cast<std::size_t>(i)];
    for (int k = 0; k < tables.n_chi[type]; ++k)
      symmetry[static_cast<std::size_t>(kernels::kChi * i + k)] = k + 1 == tables.n_chi[type] ? tables.symmetry[type] : 1;
  }
  const Tensor<int> first = Tensor<int>::from(trace.first_residue);
  Tensor<Rng> rng({n_frames}, host_memory());
  for (int f = 0; f < n_frames; ++f) rng[static_cast<std::size_t>(f)] = rng_of(inputs[static_cast<std::size_t>(f)].key, kLatent);
  const auto draws = model_->draw_chi(tape, trace, seen.h_NH, 1, 1, View<const int, 2>(symmetry), View<const int, 1>(first), View<const Rng, 1>(rng));
  Tensor<float> atoms({n * n_frames, kernels::kResidueSlots, 3});
  kernels::place_residues<float>(context.host(), tables, View<const int, 1>(trace.type_N), seen.backbone_N43.value(),
                                 View<const float, 2>(draws.chi_NS4.value().data(), {n * n_frames, kernels::kChi}), atoms);
  std::vector<io::Frame> made(inputs.size());
  for (std::size_t f = 0; f < inputs.size(); ++f) {
    made[f] = *inputs[f].coarse;
    write_atoms(out, atoms.data() + f * static_cast<std::size_t>(n) * 3 * kernels::kResidueSlots, made[f].xyz_A3);
    keep_alpha_carbons(out, *inputs[f].coarse, made[f]);
  }
  return made;
}

std::unique_ptr<const PreparedFrame> AllAtomStage::prepare(Context&, const StageSetup& protein, const io::Frame& truth) const {
  auto frame = std::make_unique<AllAtomFrame>();
  frame->sequence = sequence_of_trace(protein.coarse, "training structure");
  frame->atoms = atoms_by_slot(protein.fine, truth);
  for (std::size_t r = 0; r < frame->sequence.type.size(); ++r) {
    const float* ca = frame->atoms.data() + (r * kernels::kResidueSlots + kernels::kAtCa) * 3;
    frame->ca.insert(frame->ca.end(), ca, ca + 3);
  }
  return frame;
}

std::unique_ptr<StageBatch> AllAtomStage::empty_batch(const MemorySource& memory) const { return empty_batch_of<AllAtomArrays>(memory); }

std::unique_ptr<StageBatch> AllAtomStage::make_batch(Context& context, const std::vector<const PreparedFrame*>& frames,
                                                     const std::vector<DrawKey>& keys, std::unique_ptr<StageBatch> reuse) const {
  if (!reuse) reuse = std::make_unique<AllAtomBatch>();
  AllAtomArrays& batch = static_cast<AllAtomBatch&>(*reuse).contents;
  std::vector<std::vector<float>> ca;
  std::vector<float> atoms;
  std::vector<m::TraceFrame<float>> traces;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const auto& frame = static_cast<const AllAtomFrame&>(*frames[f]);
    ca.push_back(frame.ca);
    if (keys[f].augment) add_noise(keys[f], ca_noise_, ca.back().data(), ca.back().size());
    traces.push_back({&frame.sequence, ca.back().data()});
    atoms.insert(atoms.end(), frame.atoms.begin(), frame.atoms.end());
  }
  m::make_trace(context, model_->config(), traces, batch.trace);
  const int n = batch.trace.n_residues(), latent = model_->config().latent;
  m::make_truth<float>(context, batch.trace, View<const float, 3>(atoms.data(), {n, kernels::kResidueSlots, 3}), batch.truth);
  batch.eps.reshape_unset({n, latent});
  for (std::size_t f = 0; f < keys.size(); ++f) {
    const int begin = batch.trace.first_residue[f] * latent, count = batch.trace.first_residue[f + 1] * latent - begin;
    kernels::fill_normal<float>(context.host(), rng_of(keys[f], kLatent), 0, View<float, 1>(batch.eps.data() + begin, {count}));
  }
  return reuse;
}

m::LossWeights AllAtomStage::weights_at(const TrainingMoment& moment) const {
  m::LossWeights w = weights_;
  if (moment.training) w.beta = Ramp{beta_start_, weights_.beta, beta_steps_}.at(moment.step);
  return w;
}

std::vector<double> AllAtomStage::loss_weights(const TrainingMoment& moment) const {
  const m::LossWeights w = weights_at(moment);
  return {w.beta, w.backbone};
}

StageLoss AllAtomStage::loss(Tape<float>& tape, const StageBatch& batch, const TrainingMoment& moment) const {
  const AllAtomArrays& b = static_cast<const AllAtomBatch&>(batch).contents;
  const m::Loss<float> l = model_->loss(tape, b.trace, b.truth, b.eps.ref(), weights_at(moment));
  return {l.total, {l.chi, l.kl, l.backbone}};
}

double AllAtomStage::skip_above() const { return std::numeric_limits<double>::infinity(); }

}  // namespace regrain::driver
