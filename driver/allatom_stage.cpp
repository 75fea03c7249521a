#include "driver/allatom_stage.hpp"

#include <algorithm>
#include <limits>

#include "autodiff/schedules.hpp"
#include "driver/allatom_topology.hpp"
#include "driver/stage_config.hpp"
#include "engine/errors.hpp"
#include "kernels/gaussian.hpp"
#include "kernels/parallel.hpp"
#include "models/allatom/packing.hpp"

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

  static constexpr auto arrays() {
    return std::make_tuple(&AllAtomArrays::trace, &AllAtomArrays::truth, &AllAtomArrays::eps, &AllAtomArrays::dropout);
  }
};
using AllAtomBatch = BatchOf<AllAtomArrays>;

// What draws are made from.
struct SampleInput {
  m::Trace<float> trace;
  Tensor<int> symmetry_N4, first_of_frame;
  Tensor<Rng> rng;  // of each frame

  static constexpr auto arrays() {
    return std::make_tuple(&SampleInput::trace, &SampleInput::symmetry_N4, &SampleInput::first_of_frame, &SampleInput::rng);
  }
};

// (N, 4): chi_images of every residue.
Tensor<int> chi_symmetries(const kernels::SideChainTables<float>& tables, const Tensor<int>& type_N) {
  Tensor<int> out({type_N.dim(0), kernels::kChi});
  for (std::size_t i = 0; i < type_N.size(); ++i)
    for (int k = 0; k < kernels::kChi; ++k) out[i * kernels::kChi + static_cast<std::size_t>(k)] = m::chi_images(tables, type_N[i], k);
  return out;
}

Rng rng_of(const DrawKey& key, std::uint16_t what) {
  return {key.seed, key.frame, static_cast<std::uint16_t>(key.purpose | what << 8), key.sample};
}
// what a draw is for, in the upper half of Rng::op
constexpr std::uint16_t kLatent = 0, kCaNoise = 1, kCaSpread = 2, kDropout = 3;  // kDropout + plane

// Half of the frames stay as they are; the others are moved by a normal draw of a spread up to `most`, Angstrom.
void add_noise(const DrawKey& key, double most, float* ca, std::size_t n) {
  const double share = 2 * rng_of(key, kCaSpread).uniform(0) - 1;
  if (share <= 0) return;
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

}  // namespace

AllAtomStage::AllAtomStage(const io::Config& config, const StageSetup& setup)
    : beta_start_(config.number("loss.beta_start")),
      beta_steps_(config.integer("loss.beta_steps")),
      ca_noise_(config.number("train.ca_noise")),
      dropout_(config.number("train.dropout")),
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
                                            const RefineOptions& options, RefineMemory&) const {
  for (const StageInput& in : inputs)
    if (in.truth)
      fail(ErrorKind::usage, "--posterior-from: an allatom stage picks its atoms among draws from the prior and has no posterior draw; ",
           "leave the option out, or take a cgvae or genzprot stage");
  const m::Sequence sequence = sequence_of_trace(coarse, "trace", UnknownResidues::as_alanine);
  const io::Topology out = all_atoms_of_trace(coarse, "trace");
  const auto tables = m::side_chain_tables<float>();
  SampleInput given;
  std::vector<m::TraceFrame<float>> frames;
  for (const StageInput& in : inputs) frames.push_back({&sequence, in.coarse->xyz_A3.data()});
  m::make_trace<float>(context, model_->config(), frames, given.trace);
  const int n = given.trace.n_residues();
  given.symmetry_N4 = chi_symmetries(tables, given.trace.type_N);
  given.first_of_frame = Tensor<int>::from(given.trace.first_residue);
  given.rng = Tensor<Rng>({static_cast<int>(inputs.size())}, host_memory());
  for (std::size_t f = 0; f < inputs.size(); ++f) given.rng[f] = rng_of(inputs[f].key, kLatent);

  Tensor<float> backbone({n, kernels::kBackboneSlots, 3}), chi({n, options.draws, kernels::kChi}), atoms({n, kernels::kResidueSlots, 3}),
      picked({n, kernels::kChi});
  {
    SampleInput there;
    const SampleInput& in = on_backend(context, given, there);
    Tape<float> tape(context, TapeMode::infer);
    const m::Seen<float> seen = model_->see(tape, in.trace);
    const auto draws = model_->draw_chi(tape, in.trace, seen.h_NH, options.draws, options.temperature, View<const int, 2>(in.symmetry_N4),
                                        View<const int, 1>(in.first_of_frame), View<const Rng, 1>(in.rng));
    context.read(backbone.data(), seen.backbone_N43.value().data(), backbone.bytes());
    context.read(chi.data(), draws.chi_NS4.value().data(), chi.bytes());
  }
  m::PackingInput<float> packing{};
  packing.type_R = given.trace.type_N;
  packing.backbone_R43 = backbone;
  packing.chi_RS4 = chi;
  packing.first_of_set = given.trace.first_residue;
  std::vector<char> linked(given.trace.linked_N.begin(), given.trace.linked_N.end());
  packing.linked_R = View<const char, 1>(linked.data(), {n});
  for (const StageInput& in : inputs) packing.frame.push_back(static_cast<int>(in.key.frame)), packing.sample.push_back(in.key.sample);
  m::PackingSettings settings;
  settings.sample = options.sample;
  settings.seed = inputs.empty() ? 0 : inputs.front().key.seed;
  settings.relax = options.relax;
  m::pack<float>(context.host(), packing, settings, {picked, backbone, atoms});

  std::vector<io::Frame> made(inputs.size());
  const std::size_t per_frame = 3 * sequence.type.size() * kernels::kResidueSlots;
  for (std::size_t f = 0; f < inputs.size(); ++f) {
    made[f] = *inputs[f].coarse;
    write_atoms(out, atoms.data() + f * per_frame, made[f].xyz_A3);
    keep_alpha_carbons(out, *inputs[f].coarse, made[f]);
  }
  return made;
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
  const bool dropped = dropout_ > 0 && keys.front().augment;
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
  return {w.beta, w.backbone};
}

StageLoss AllAtomStage::loss(Tape<float>& tape, const StageBatch& batch, const TrainingMoment& moment) const {
  const AllAtomArrays& b = static_cast<const AllAtomBatch&>(batch).contents;
  const m::Loss<float> l = model_->loss(tape, b.trace, b.truth, b.eps.ref(), weights_at(moment), {b.dropout.ref()});
  return {l.total, {l.chi, l.kl, l.backbone}};
}

double AllAtomStage::skip_above() const { return std::numeric_limits<double>::infinity(); }

}  // namespace regrain::driver
