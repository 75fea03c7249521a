#include "driver/allatom_stage.hpp"

#include <algorithm>
#include <limits>

#include "autodiff/schedules.hpp"
#include "driver/allatom_topology.hpp"
#include "driver/stage_config.hpp"
#include "engine/errors.hpp"
#include "kernels/gaussian.hpp"
#include "kernels/parallel.hpp"
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

Rng rng_of(const DrawKey& key, std::uint16_t what) {
  return {key.seed, key.frame, static_cast<std::uint16_t>(key.purpose | what << 8), key.sample};
}
// what a draw is for, in the upper half of Rng::op
constexpr std::uint16_t kLatent = 0, kCaNoise = 1, kCaSpread = 2, kEdges = 3, kDropout = 4;  // kDropout + plane

// A share of the frames is moved by a normal draw of a spread up to `most`, Angstrom.
void add_noise(const DrawKey& key, double noisy_share, double most, float* ca, std::size_t n) {
  const double u = rng_of(key, kCaSpread).uniform(0);
  if (u < 1 - noisy_share || noisy_share == 0) return;
  const double share = (u - (1 - noisy_share)) / noisy_share;
  const Rng rng = rng_of(key, kCaNoise);
  for (std::size_t i = 0; i < n; ++i) ca[i] += static_cast<float>(most * share * rng.normal(static_cast<std::uint32_t>(i)));
}

// factor_PNH = 0 with probability p, else 1 / (1 - p), for the residues of frames; a residue's row depends on its frame's
// key, the plane and its place in the frame.
void fill_dropout(Cpu be, const std::vector<DrawKey>& keys, const std::vector<int>& first_residue, double p, View<float, 3> factor_PNH) {
  const int n = factor_PNH.dim(1), width = factor_PNH.dim(2);
  const float kept = static_cast<float>(1 / (1 - p));
  const auto limit = static_cast<std::uint32_t>(p * 0x1p32);
  for (int plane = 0; plane < factor_PNH.dim(0); ++plane)
    for (std::size_t f = 0; f < keys.size(); ++f) {
      const Rng rng = rng_of(keys[f], static_cast<std::uint16_t>(kDropout + plane));
      const int first = first_residue[f], count = first_residue[f + 1] - first;
      kernels::parallel_for(be, count, 10.0 * count * width, [&](int i) {
        float* row = factor_PNH.data() + (static_cast<std::ptrdiff_t>(plane) * n + first + i) * width;
        for (int c = 0; c < width; c += 4) {  // four words a draw
          const Philox4 bits = rng.bits(static_cast<std::uint32_t>(i * width + c));
          for (int k = 0; k < 4; ++k) row[c + k] = bits[static_cast<std::size_t>(k)] < limit ? 0.f : kept;
        }
      });
    }
}

// Without a share p of its edges; which ones depends on the frame's key, the receiver's place in it and the edge's there.
kernels::Graph thinned(const kernels::Graph& graph, const std::vector<DrawKey>& keys, const std::vector<int>& first_residue, double p) {
  std::vector<kernels::Edge> kept;
  kept.reserve(static_cast<std::size_t>(graph.n_edges()));
  for (std::size_t f = 0; f < keys.size(); ++f) {
    const Rng rng = rng_of(keys[f], kEdges);
    for (int i = first_residue[f]; i < first_residue[f + 1]; ++i) {
      const int begin = graph.offset[static_cast<std::size_t>(i)], end = graph.offset[static_cast<std::size_t>(i) + 1];
      for (int e = begin; e < end; ++e)
        if (rng.uniform(static_cast<std::uint32_t>((i - first_residue[f]) * 1024 + e - begin)) >= p)
          kept.push_back({i, graph.src[static_cast<std::size_t>(e)]});
    }
  }
  return kernels::make_graph(graph.n_dst, graph.n_src, kept);
}

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
    rebuilt.rng.push_back(rng_of(in.key, kLatent));
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
  m::RebuildSettings settings{.draws = options.draws, .temperature = options.temperature.value_or(options.sample ? 1 : kPlausibleTemperature)};
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
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const auto& frame = static_cast<const AllAtomFrame&>(*frames[f]);
    ca.push_back(frame.ca);
    if (keys[f].augment) add_noise(keys[f], noisy_share_, ca_noise_, ca.back().data(), ca.back().size());
    traces.push_back({&frame.sequence, ca.back().data()});
    atoms.insert(atoms.end(), frame.atoms.begin(), frame.atoms.end());
  }
  m::make_trace(context, model_->config(), traces, batch.trace);
  const bool augmented = keys.front().augment;
  if (augmented && edge_dropout_ > 0) batch.trace.near = thinned(batch.trace.near, keys, batch.trace.first_residue, edge_dropout_);
  batch.message_scale = augmented ? 1 / (1 - edge_dropout_) : 1;
  const int n = batch.trace.n_residues(), latent = model_->config().latent;
  m::make_truth<float>(context, batch.trace, View<const float, 3>(atoms.data(), {n, kernels::kResidueSlots, 3}), batch.truth);
  batch.eps.reshape_unset({n, latent});
  for (std::size_t f = 0; f < keys.size(); ++f) {
    const int begin = batch.trace.first_residue[f] * latent, count = batch.trace.first_residue[f + 1] * latent - begin;
    kernels::fill_normal<float>(context.host(), rng_of(keys[f], kLatent), 0, View<float, 1>(batch.eps.data() + begin, {count}));
  }
  const bool dropped = dropout_ > 0 && augmented;
  batch.dropout.reshape_unset({dropped ? m::dropout_planes(model_->config().layers) : 0, n, model_->config().channels});
  if (dropped) fill_dropout(context.host(), keys, batch.trace.first_residue, dropout_, batch.dropout);
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
