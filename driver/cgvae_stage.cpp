#include "driver/cgvae_stage.hpp"

#include <limits>

#include "autodiff/schedules.hpp"
#include "driver/chemistry.hpp"
#include "driver/stage_config.hpp"
#include "models/bond_pairs.hpp"

namespace regrain::driver {

namespace {

struct CgvaeFrame final : PreparedFrame {
  models::BeadBatch<float> beads;
  models::AtomBatch<float> atoms;

  std::size_t bytes() const override { return sizeof *this + bytes_of(beads) + bytes_of(atoms); }
};

struct CgvaeArrays {
  models::BeadBatch<float> beads;
  models::AtomBatch<float> atoms;
  Tensor<float> eps;

  static constexpr auto arrays() { return std::make_tuple(&CgvaeArrays::beads, &CgvaeArrays::atoms, &CgvaeArrays::eps); }
};
using CgvaeBatch = BatchOf<CgvaeArrays>;

std::vector<float> joined(const std::vector<const io::Frame*>& frames) {
  std::vector<float> xyz;
  for (const io::Frame* f : frames) xyz.insert(xyz.end(), f->xyz_A3.begin(), f->xyz_A3.end());
  return xyz;
}

std::vector<float> joined_beads(const io::BeadMap& map, const std::vector<const io::Frame*>& frames) {
  std::vector<float> xyz;
  for (const io::Frame* f : frames) {
    const io::Frame beads = io::apply(map, *f);
    xyz.insert(xyz.end(), beads.xyz_A3.begin(), beads.xyz_A3.end());
  }
  return xyz;
}

}  // namespace

CgvaeStage::CgvaeStage(const io::Config& config, const StageSetup& setup)
    : weights_{config.number("loss.beta"), config.number("loss.gamma")},
      beta_start_(config.number("loss.beta_start") < 0 ? weights_.beta : config.number("loss.beta_start")),
      beta_steps_(config.integer("loss.beta_steps")),
      fine_(setup.fine),
      coarse_(setup.coarse),
      map_(setup.map) {
  system_.n_beads = map_.n_beads;
  system_.bead_of_atom = map_.bead_of_atom;
  system_.centroid = map_.centroid;
  system_.atomic_number = atomic_numbers(fine_);
  system_.bonds = models::bonds_up_to(fine_.n_atoms(), bonds_of(fine_), static_cast<int>(config.integer("loss.edge_order")));
  system_.check();
  if (map_.n_beads < 2)
    fail(ErrorKind::input, config.file(), ": one bead; it says nothing of directions, so all its particles would lie in one point: take more beads");
  const models::CgvaeConfig model = cgvae_config(config);
  if (system_.largest_bead() > model.channels)
    fail(ErrorKind::input, config.file(), ": model.channels is ", model.channels, ", but a bead has ",
         system_.largest_bead(), " particles, each of which takes a channel; raise model.channels or take more beads");
  model_ = std::make_unique<models::Cgvae<float>>(model, map_.n_beads);
}

io::Topology CgvaeStage::fine_topology(const io::Topology& coarse, const std::string& file) const {
  if (coarse.n_atoms() != map_.n_beads)
    fail(ErrorKind::checkpoint, file, ": ", coarse.n_atoms(), " beads, but the stage was trained for ", map_.n_beads,
         "; coarsen with the map of the same training (regrain info shows it)");
  // beads have no sequence; a trace has
  const std::string sequence = sequence_of(coarse);
  if (coarse.n_residues() == fine_.n_residues() && sequence.find_first_not_of('X') != std::string::npos && sequence != sequence_of(fine_))
    fail(ErrorKind::checkpoint, file, ": has the sequence ", sequence, ", but the stage was trained for ", sequence_of(fine_),
         "; give the model trained on this protein");
  return fine_;
}

void CgvaeStage::draw_noise(Context& context, const std::vector<DrawKey>& keys, Tensor<float>& eps) const {
  const int per_frame = map_.n_beads * model_->config().channels;
  eps.reshape_unset({static_cast<int>(keys.size()) * map_.n_beads, model_->config().channels});
  for (std::size_t f = 0; f < keys.size(); ++f) {
    const Rng rng{keys[f].seed, keys[f].frame, keys[f].purpose, keys[f].sample};
    kernels::fill_normal<float>(context.host(), rng, 0, View<float, 1>(eps.data() + f * per_frame, {per_frame}));
  }
}

std::vector<io::Frame> CgvaeStage::refine(Context& context, const io::Topology& coarse, const std::vector<StageInput>& inputs,
                                          RefineMemory& memory) const {
  (void)coarse;
  const models::CgvaeConfig& config = model_->config();
  const int n = static_cast<int>(inputs.size());
  std::vector<const io::Frame*> beads_in, truth;
  std::vector<DrawKey> keys;
  for (const StageInput& in : inputs) {
    beads_in.push_back(in.coarse);
    if (in.truth) truth.push_back(in.truth);
    keys.push_back(in.key);
  }
  REGRAIN_CHECK(truth.empty() || truth.size() == inputs.size(), "refine: a truth for some inputs, not for all");
  CgvaeBatch given;
  draw_noise(context, keys, given.contents.eps);
  given.contents.beads = models::make_bead_batch<float>(context, config, system_, n, joined(beads_in));
  const CgvaeArrays& in = where_kernels_read(context, given, memory);
  const auto sample = [&] {
    Tape<float> tape(context, TapeMode::infer);
    return model_->sample(tape, in.beads, in.eps.ref(), system_.centroid).value().data();
  };
  // the encoder sees the truth on the truth's own beads, the decoder the beads given
  const auto reconstruct = [&] {
    CgvaeArrays seen, there;
    seen.beads = models::make_bead_batch<float>(context, config, system_, n, joined_beads(map_, truth));
    seen.atoms = models::make_atom_batch<float>(context, config, system_, seen.beads, joined(truth));
    const CgvaeArrays& true_in = on_backend(context, seen, there);
    Tape<float> tape(context, TapeMode::infer);
    const auto posterior = model_->posterior(tape, model_->encode(tape, true_in.beads, true_in.atoms));
    const float* result = model_->decode(tape, in.beads, draw(tape, posterior, in.eps.ref()), system_.centroid).value().data();
    context.wait();  // what it reads goes
    return result;
  };
  std::vector<float> xyz(std::size_t{3} * fine_.n_atoms() * inputs.size());
  context.read(xyz.data(), truth.empty() ? memory.recorder.run(context, words_of(in), sample) : reconstruct(), xyz.size() * sizeof(float));
  std::vector<io::Frame> frames(inputs.size());
  const std::size_t size = std::size_t{3} * fine_.n_atoms();
  for (std::size_t f = 0; f < inputs.size(); ++f) {
    frames[f] = *inputs[f].coarse;
    frames[f].xyz_A3.assign(xyz.data() + f * size, xyz.data() + (f + 1) * size);
  }
  return frames;
}

std::vector<std::string> CgvaeStage::notes(const std::vector<StageSetup>&) const {
  if (map_.n_beads > 2) return {};
  return {"two beads know one direction alone, so all particles will lie on the line through them; take three beads or more"};
}

std::unique_ptr<const PreparedFrame> CgvaeStage::prepare(Context& context, const StageSetup& protein, const io::Frame& truth) const {
  REGRAIN_CHECK(protein.map.bead_of_atom == map_.bead_of_atom && truth.n_atoms() == fine_.n_atoms(), "prepare: ", truth.n_atoms(),
                " particles of another protein than the ", fine_.n_atoms(), " this stage was made for");
  auto frame = std::make_unique<CgvaeFrame>();
  frame->beads = models::make_bead_batch<float>(context, model_->config(), system_, 1, joined_beads(map_, {&truth}));
  frame->atoms = models::make_atom_batch<float>(context, model_->config(), system_, frame->beads, truth.xyz_A3);
  return frame;
}

std::unique_ptr<StageBatch> CgvaeStage::empty_batch(const MemorySource& memory) const {
  return empty_batch_of<CgvaeArrays>(memory);
}

std::unique_ptr<StageBatch> CgvaeStage::make_batch(Context& context, const std::vector<const PreparedFrame*>& frames,
                                                   const std::vector<DrawKey>& keys, std::unique_ptr<StageBatch> reuse) const {
  if (!reuse) reuse = std::make_unique<CgvaeBatch>();
  CgvaeArrays& batch = static_cast<CgvaeBatch&>(*reuse).contents;
  kernels::Parts<models::BeadBatch<float>> beads;
  kernels::Parts<models::AtomBatch<float>> atoms;
  for (const PreparedFrame* f : frames) {
    beads.push_back(&static_cast<const CgvaeFrame*>(f)->beads);
    atoms.push_back(&static_cast<const CgvaeFrame*>(f)->atoms);
  }
  models::join(beads, batch.beads);
  models::join(atoms, batch.atoms);
  draw_noise(context, keys, batch.eps);
  return reuse;
}

models::CgvaeWeights CgvaeStage::weights_at(const TrainingMoment& moment) const {
  models::CgvaeWeights w = weights_;
  if (moment.training) w.beta = Ramp{beta_start_, weights_.beta, beta_steps_}.at(moment.step);
  return w;
}

StageLoss CgvaeStage::loss(Tape<float>& tape, const StageBatch& batch, const TrainingMoment& moment) const {
  const CgvaeArrays& b = static_cast<const CgvaeBatch&>(batch).contents;
  const auto l = model_->loss(tape, b.beads, b.atoms, b.eps.ref(), weights_at(moment), system_.centroid);
  return {l.total, {l.reconstruction, l.kl, l.graph}};
}

std::vector<double> CgvaeStage::loss_weights(const TrainingMoment& moment) const {
  const models::CgvaeWeights w = weights_at(moment);
  return {w.beta, w.gamma};
}

double CgvaeStage::skip_above() const {
  return model_->config().reference() ? 200 * weights_.gamma : std::numeric_limits<double>::infinity();
}

}  // namespace regrain::driver
