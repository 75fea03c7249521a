#include "driver/allatom_stage.hpp"

#include <algorithm>
#include <limits>

#include "autodiff/schedules.hpp"
#include "driver/allatom_topology.hpp"
#include "driver/stage_config.hpp"
#include "engine/errors.hpp"
#include "kernels/gaussian.hpp"
#include "kernels/parallel.hpp"
#include "models/allatom/augmentation.hpp"
#include "models/allatom/rebuild.hpp"

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
  Tensor<float> dropout;  // (planes, N, H), empty at validation
  double message_scale = 1;

  static constexpr auto arrays() {
    return std::make_tuple(&AllAtomArrays::trace, &AllAtomArrays::truth, &AllAtomArrays::eps, &AllAtomArrays::dropout);
  }
  static constexpr auto numbers() { return std::make_tuple(&AllAtomArrays::message_scale); }
};
using AllAtomBatch = BatchOf<AllAtomArrays>;

Rng rng_of(const DrawKey& key) { return {key.seed, key.frame, key.purpose, key.sample}; }

}  // namespace

AllAtomStage::AllAtomStage(const io::Config& config, const StageSetup& setup)
    : beta_start_(config.number("loss.beta_start")),
      beta_steps_(config.integer("loss.beta_steps")),
      ca_noise_(config.number("train.ca_noise")),
      noisy_share_(config.number("train.noisy_share")),
      dropout_(config.number("train.dropout")),
      edge_dropout_(config.number("train.edge_dropout")),
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
                                            const RefineOptions& options, RefineMemory& memory) const {
  for (const StageInput& in : inputs)
    if (in.truth)
      fail(ErrorKind::usage, "--posterior-from: an allatom stage picks its atoms among draws from the prior and has no posterior draw; ",
           "leave the option out, or take a cgvae or genzprot stage");
  const int members = model_->config().members;
  if (options.members > members)
    fail(ErrorKind::usage, "--members ", options.members, ": this model has ", members, members == 1 ? " member" : " members");
  const m::Sequence sequence = sequence_of_trace(coarse, "trace", UnknownResidues::as_alanine);
  const io::Topology out = all_atoms_of_trace(coarse, "trace");
  std::vector<io::Frame> traces;
  for (const StageInput& in : inputs) {
    traces.push_back(*in.coarse);
    if (options.fix_ca)
      memory.fixes.add(m::fix_trace<float>(context.host(), sequence, View<float, 2>(traces.back().xyz_A3.data(), {sequence.n_residues(), 3})));
  }
  m::RebuildInput<float> rebuilt;
  std::vector<float> known, beads;
  std::vector<char> bead_of;
  for (std::size_t f = 0; f < inputs.size(); ++f) {
    const StageInput& in = inputs[f];
    rebuilt.frames.push_back({&sequence, traces[f].xyz_A3.data()});
    rebuilt.rng.push_back(rng_of(in.key));
    rebuilt.frame.push_back(static_cast<int>(in.key.frame));
    rebuilt.sample.push_back(in.key.sample);
    if (!in.known) continue;
    known.insert(known.end(), in.known->atoms_N14_3.begin(), in.known->atoms_N14_3.end());
    bead_of.insert(bead_of.end(), in.known->bead_of_N.begin(), in.known->bead_of_N.end());
    beads.insert(beads.end(), in.known->bead_N3.begin(), in.known->bead_N3.end());
  }
  if (!bead_of.empty()) {
    const int n = static_cast<int>(bead_of.size());
    rebuilt.bead_of_N = View<const char, 1>(bead_of.data(), {n});
    rebuilt.bead_N3 = View<const float, 2>(beads.data(), {n, 3});
  }
  if (!known.empty())
    rebuilt.known_N14_3 = View<const float, 3>(known.data(), {static_cast<int>(known.size()) / (3 * kernels::kResidueSlots), kernels::kResidueSlots, 3});
  m::RebuildSettings settings{.draws = options.draws, .temperature = options.temperature.value_or(options.sample ? 1 : m::kPlausibleTemperature),
                             .members = options.members};
  settings.packing.sample = options.sample;
  settings.packing.seed = inputs.empty() ? 0 : inputs.front().key.seed;
  settings.packing.relax = options.relax;
  const Tensor<float> atoms = m::rebuild<float>(context, *model_, rebuilt, settings);

  const std::size_t per_frame = 3 * sequence.type.size() * kernels::kResidueSlots;
  for (std::size_t f = 0; f < inputs.size(); ++f) {
    io::Frame made = traces[f];
    write_atoms(out, atoms.data() + f * per_frame, inputs[f].known && !inputs[f].known->oxt_N3.empty() ? inputs[f].known->oxt_N3.data() : nullptr, made.xyz_A3);
    keep_alpha_carbons(out, traces[f], made);
    traces[f] = std::move(made);
  }
  return traces;
}

std::unique_ptr<const PreparedFrame> AllAtomStage::prepare(Context&, const StageSetup& protein, const io::Frame& truth) const {
  auto frame = std::make_unique<AllAtomFrame>();
  frame->sequence = sequence_of_trace(protein.coarse, "training structure", UnknownResidues::refused);
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
  std::vector<Rng> rng;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const auto& frame = static_cast<const AllAtomFrame&>(*frames[f]);
    ca.push_back(frame.ca);
    rng.push_back(rng_of(keys[f]));
    if (keys[f].augment) m::add_ca_noise(rng.back(), noisy_share_, ca_noise_, ca.back());
    traces.push_back({&frame.sequence, ca.back().data()});
    atoms.insert(atoms.end(), frame.atoms.begin(), frame.atoms.end());
  }
  m::make_trace(context, model_->config(), traces, batch.trace);
  const bool augmented = keys.front().augment;
  if (augmented && edge_dropout_ > 0) batch.trace.near = m::thinned(batch.trace.near, rng, batch.trace.first_residue, edge_dropout_);
  batch.message_scale = augmented ? 1 / (1 - edge_dropout_) : 1;
  const int n = batch.trace.n_residues(), latent = model_->config().latent, members = model_->config().members;
  m::make_truth<float>(context, batch.trace, View<const float, 3>(atoms.data(), {n, kernels::kResidueSlots, 3}), batch.truth);
  batch.eps.reshape_unset({members, n, latent});
  for (std::size_t f = 0; f < keys.size(); ++f) {
    const int begin = batch.trace.first_residue[f] * latent, count = batch.trace.first_residue[f + 1] * latent - begin;
    for (int member = 0; member < members; ++member)
      kernels::fill_normal<float>(context.host(), m::rng_for(rng[f], m::Purpose::latent), static_cast<std::uint32_t>(member * count),
                                  View<float, 1>(batch.eps.data() + static_cast<std::ptrdiff_t>(member) * n * latent + begin, {count}));
  }
  const bool dropped = dropout_ > 0 && augmented;
  batch.dropout.reshape_unset({dropped ? m::dropout_planes(model_->config()) : 0, n, model_->config().channels});
  if (dropped) m::fill_dropout(context.host(), rng, batch.trace.first_residue, dropout_, batch.dropout);
  return reuse;
}

m::LossWeights AllAtomStage::weights_at(const TrainingMoment& moment) const {
  m::LossWeights w = weights_;
  if (moment.training) w.beta = Ramp{beta_start_, weights_.beta, beta_steps_}.at(moment.step);
  return w;
}

std::vector<double> AllAtomStage::loss_weights(const TrainingMoment& moment) const {
  const m::LossWeights w = weights_at(moment);
  return {w.beta, w.backbone, w.backbone};
}

StageLoss AllAtomStage::loss(Tape<float>& tape, const StageBatch& batch, const TrainingMoment& moment) const {
  const AllAtomArrays& b = static_cast<const AllAtomBatch&>(batch).contents;
  const m::Loss<float> l = model_->loss(tape, b.trace, b.truth, b.eps.ref(), weights_at(moment), {b.dropout.ref(), b.message_scale});
  return {l.total, {l.chi, l.kl, l.backbone, l.first_backbone}};
}

double AllAtomStage::skip_above() const { return std::numeric_limits<double>::infinity(); }

}  // namespace regrain::driver
