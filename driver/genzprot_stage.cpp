#include "driver/genzprot_stage.hpp"

#include <limits>

#include "autodiff/schedules.hpp"
#include "driver/chemistry.hpp"
#include "driver/stage_config.hpp"
#include "driver/training_notes.hpp"
#include "kernels/gaussian.hpp"

namespace regrain::driver {

namespace {

// The published code leaves out batches whose loss is above this.
constexpr double kReferenceSkip = 50;

struct GenzprotFrame final : PreparedFrame {
  models::TraceBatch<float> trace;
  models::ProteinBatch<float> atoms;

  std::size_t bytes() const override { return sizeof *this + bytes_of(trace) + bytes_of(atoms); }
};

struct GenzprotArrays {
  models::TraceBatch<float> trace;
  models::ProteinBatch<float> atoms;
  Tensor<float> eps;

  static constexpr auto arrays() {
    return std::make_tuple(&GenzprotArrays::trace, &GenzprotArrays::atoms, &GenzprotArrays::eps);
  }
};
using GenzprotBatch = BatchOf<GenzprotArrays>;

models::Protein protein_of(const io::Topology& topology, const std::vector<std::pair<int, int>>& disulfides = {}) {
  std::vector<models::ResidueName> residues;
  std::vector<models::AtomName> atoms;
  for (const auto& r : topology.residues) residues.push_back({r.name, r.chain, r.number});
  for (const auto& a : topology.atoms) atoms.push_back({a.name, a.residue});
  return models::make_protein(residues, atoms, disulfides);
}

// n_frames frames of the same protein, from packed coordinates
std::vector<models::ProteinFrame<float>> frames_of(const models::Protein& p, std::size_t n_frames, const std::vector<float>& trace,
                                                   const std::vector<float>& atoms) {
  std::vector<models::ProteinFrame<float>> frames;
  for (std::size_t f = 0; f < n_frames; ++f)
    frames.push_back({&p, trace.data() + f * 3 * p.n_trace(), atoms.empty() ? nullptr : atoms.data() + f * 3 * p.n_atoms()});
  return frames;
}

void append(std::vector<float>& to, const io::Frame& frame, const std::vector<int>& atoms) {
  for (int a : atoms) to.insert(to.end(), frame.xyz_A3.begin() + 3 * a, frame.xyz_A3.begin() + 3 * a + 3);
}

}  // namespace

GenzprotStage::GenzprotStage(const io::Config& config, const StageSetup& setup)
    : beta_start_(config.number("loss.beta_start")),
      beta_steps_(config.integer("loss.beta_steps")),
      coarse_(setup.coarse),
      map_(setup.map),
      model_(std::make_unique<models::Genzprot<float>>(genzprot_config(config))) {
  weights_.beta = config.number("loss.beta");
  weights_.delta = config.number("loss.delta");
  weights_.eta = config.number("loss.eta");
  weights_.zeta = config.number("loss.zeta");
  if (beta_start_ < 0) beta_start_ = weights_.beta;
}

io::Topology GenzprotStage::fine_topology(const io::Topology& coarse, const std::string& file) const {
  if (coarse.n_atoms() != coarse.n_residues())
    fail(ErrorKind::input, file, ": ", coarse.n_atoms(), " particles in ", coarse.n_residues(),
         " residues; this stage starts from one alpha carbon a residue (regrain coarsen --map ca makes them)");
  return atoms_of_trace(coarse, file);
}

void GenzprotStage::draw_noise(Context& context, const models::TraceBatch<float>& trace, const std::vector<DrawKey>& keys,
                               Tensor<float>& eps) const {
  const int latent = model_->config().latent;
  eps.reshape_unset({trace.n_residues(), latent});
  for (std::size_t f = 0; f < keys.size(); ++f) {
    const int first = trace.first_residue[f] * latent, count = trace.first_residue[f + 1] * latent - first;
    kernels::fill_normal<float>(context.host(), Rng{keys[f].seed, keys[f].frame, keys[f].purpose, keys[f].sample}, 0,
                                View<float, 1>(eps.data() + first, {count}));
  }
}

std::vector<io::Frame> GenzprotStage::refine(Context& context, const io::Topology& coarse, const std::vector<StageInput>& inputs,
                                             RefineMemory& memory) const {
  const io::Topology out = atoms_of_trace(coarse, "trace");
  const models::Protein protein = protein_of(out);
  const std::vector<int> ca = io::alpha_carbons(out, "trace");
  const models::GenzprotConfig& config = model_->config();

  std::vector<float> trace_xyz, true_trace, true_atoms;
  std::vector<DrawKey> keys;
  for (const StageInput& in : inputs) {
    trace_xyz.insert(trace_xyz.end(), in.coarse->xyz_A3.begin(), in.coarse->xyz_A3.end());
    keys.push_back(in.key);
    if (!in.truth) continue;
    append(true_trace, *in.truth, ca);
    append(true_atoms, *in.truth, protein.source_atom);
  }
  REGRAIN_CHECK(true_trace.empty() || true_trace.size() == trace_xyz.size(), "refine: a truth for some inputs, not for all");
  GenzprotBatch given;
  given.contents.trace = models::make_trace_batch<float>(context, config, frames_of(protein, inputs.size(), trace_xyz, {}),
                                                         models::TraceUse::sampling);
  draw_noise(context, given.contents.trace, keys, given.contents.eps);
  const GenzprotArrays& in = where_kernels_read(context, given, memory);
  const auto sample = [&] {
    Tape<float> tape(context, TapeMode::infer);
    return model_->sample(tape, in.trace, in.eps.ref()).value().data();
  };
  const auto reconstruct = [&] {
    GenzprotArrays seen, there;
    const auto frames = frames_of(protein, inputs.size(), true_trace, true_atoms);
    seen.trace = models::make_trace_batch<float>(context, config, frames);
    seen.atoms = models::make_protein_batch<float>(context, config, frames);
    const GenzprotArrays& true_in = on_backend(context, seen, there);
    Tape<float> tape(context, TapeMode::infer);
    const auto posterior = model_->posterior(tape, true_in.trace, true_in.atoms);
    const float* result = model_->place(tape, in.trace, model_->decode(tape, in.trace, draw(tape, posterior, in.eps.ref()))).value().data();
    context.wait();  // what it reads goes
    return result;
  };
  std::vector<float> xyz(std::size_t{3} * given.contents.trace.n_atoms);
  context.read(xyz.data(), true_trace.empty() ? memory.recorder.run(context, words_of(in), sample) : reconstruct(),
               xyz.size() * sizeof(float));

  std::vector<io::Frame> frames(inputs.size());
  const float* from = xyz.data();
  for (std::size_t f = 0; f < inputs.size(); ++f) {
    frames[f] = *inputs[f].coarse;
    frames[f].xyz_A3.assign(std::size_t{3} * out.n_atoms(), 0.f);
    // alpha carbons stay where they are given, to the bit
    for (std::size_t r = 0; r < ca.size(); ++r) std::copy_n(inputs[f].coarse->xyz_A3.data() + 3 * r, 3, frames[f].xyz_A3.data() + 3 * ca[r]);
    for (int a = 0; a < protein.n_atoms(); ++a, from += 3)
      if (protein.slot[a] != kernels::kSlotCa) std::copy_n(from, 3, frames[f].xyz_A3.data() + 3 * protein.source_atom[a]);
  }
  return frames;
}

std::vector<std::string> GenzprotStage::notes(const std::vector<StageSetup>& proteins) const {
  return notes_on_atoms(proteins);
}

std::unique_ptr<const PreparedFrame> GenzprotStage::prepare(Context& context, const StageSetup& protein, const io::Frame& truth) const {
  const TrainingProtein& p = training_proteins_.of(protein, [](const StageSetup& s) {
    return TrainingProtein{protein_of(s.fine, s.disulfides), io::alpha_carbons(s.fine, "training frame")};
  });
  std::vector<float> trace_xyz, atom_xyz;
  append(trace_xyz, truth, p.ca_of_residue);
  append(atom_xyz, truth, p.protein.source_atom);
  const auto from = frames_of(p.protein, 1, trace_xyz, atom_xyz);
  auto frame = std::make_unique<GenzprotFrame>();
  frame->trace = models::make_trace_batch<float>(context, model_->config(), from);
  frame->atoms = models::make_protein_batch<float>(context, model_->config(), from);
  return frame;
}

std::unique_ptr<StageBatch> GenzprotStage::empty_batch(const MemorySource& memory) const {
  return empty_batch_of<GenzprotArrays>(memory);
}

std::unique_ptr<StageBatch> GenzprotStage::make_batch(Context& context, const std::vector<const PreparedFrame*>& frames,
                                                      const std::vector<DrawKey>& keys, std::unique_ptr<StageBatch> reuse) const {
  if (!reuse) reuse = std::make_unique<GenzprotBatch>();
  GenzprotArrays& batch = static_cast<GenzprotBatch&>(*reuse).contents;
  kernels::Parts<models::TraceBatch<float>> traces;
  kernels::Parts<models::ProteinBatch<float>> atoms;
  for (const PreparedFrame* f : frames) {
    traces.push_back(&static_cast<const GenzprotFrame*>(f)->trace);
    atoms.push_back(&static_cast<const GenzprotFrame*>(f)->atoms);
  }
  models::join(traces, batch.trace);
  models::join(atoms, batch.atoms);
  draw_noise(context, batch.trace, keys, batch.eps);
  return reuse;
}

models::GenzprotWeights GenzprotStage::weights_at(const TrainingMoment& moment) const {
  models::GenzprotWeights w = moment.training ? weights_.at_epoch(moment.epoch) : weights_;
  if (moment.training) w.beta = Ramp{beta_start_, weights_.beta, beta_steps_}.at(moment.step);
  return w;
}

std::vector<double> GenzprotStage::loss_weights(const TrainingMoment& moment) const {
  const models::GenzprotWeights w = weights_at(moment);
  return {w.beta, w.delta, w.eta, w.zeta};
}

StageLoss GenzprotStage::loss(Tape<float>& tape, const StageBatch& batch, const TrainingMoment& moment) const {
  const GenzprotArrays& b = static_cast<const GenzprotBatch&>(batch).contents;
  const auto l = model_->loss(tape, b.trace, b.atoms, b.eps.ref(), weights_at(moment));
  return {l.total, {l.kl, l.length, l.angle, l.torsion, l.xyz, l.graph, l.clash, l.backbone_clash}};
}

double GenzprotStage::skip_above() const {
  return model_->config().reference() ? kReferenceSkip : std::numeric_limits<double>::infinity();
}

}  // namespace regrain::driver
