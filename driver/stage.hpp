// One step of the chain, coarse particles -> finer ones, whatever model does it.
//
// The training loop, the checkpoint and the chain know stages by this interface; a stage knows
// topologies by name and hands numbers to its model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "autodiff/parameters.hpp"
#include "engine/recorder.hpp"
#include "engine/transfer.hpp"
#include "io/bead_map.hpp"
#include "io/frame.hpp"
#include "io/json_config.hpp"
#include "io/topology.hpp"
#include "models/allatom/trace_fixes.hpp"

namespace regrain::driver {

// Names the draw of a frame's latent: it depends on these and on the element alone.
struct DrawKey {
  std::uint64_t seed = 0;
  std::uint32_t frame = 0;   // of the input, or the training step's own number
  std::uint16_t sample = 0;
  std::uint16_t purpose = 0; // keeps stages of a chain, training and validation apart
  bool augment = false;       // a training frame's: what a stage adds to it, like noise, is wanted
};

// One protein as training data show it; or what a checkpoint remembers of the one a stage belongs to.
struct StageSetup {
  io::Topology fine;    // particles of a training frame
  io::BeadMap map;      // fine -> coarse
  io::Topology coarse;
  // Bonds between fine particles that only coordinates tell of. A checkpoint doesn't keep them: they shape
  // the losses, nothing that is generated.
  std::vector<std::pair<int, int>> disulfides;
};

// What is known of a trace's residues besides their alpha carbons, Angstrom.
struct KnownAtoms {
  // atoms that stay where they are, NaN where there is none; both are empty if all may move
  std::vector<float> atoms_N14_3;  // by slot of models/allatom/side_chain_templates.hpp
  std::vector<float> oxt_N3;
  // beads that tell where side chains are, models/allatom/side_chain_beads.hpp; empty if there are none
  std::vector<char> bead_of_N;
  std::vector<float> bead_N3;
};

// A coarse frame to be refined. The truth, where given, holds the fine particles.
struct StageInput {
  const io::Frame* coarse = nullptr;
  const io::Frame* truth = nullptr;
  const KnownAtoms* known = nullptr;  // allatom stages; for all inputs of a call or for none
  DrawKey key{};
};

// Loss terms by name, each a scalar on the tape, before its weight.
struct StageLoss {
  Var<float> total;
  std::vector<Var<float>> terms;
};

// Where training stands; loss weights may depend on it.
struct TrainingMoment {
  int epoch = 0;
  long long step = 0;
  bool training = true;  // false: validation, which takes the final weights
};

// Graphs and tensors of some frames; must outlive the tape.
class StageBatch {
 public:
  virtual ~StageBatch() = default;
  // A batch of the host where the context's kernels can read it, in the memory of `reuse`, if given: one that came from
  // here. Arrays of edges have room for some more, so that batches of like size are like in shape. Does not wait:
  // where this one lies in pinned memory it must stay as it is until the context has been waited for.
  virtual std::unique_ptr<StageBatch> to_device(Context& context, std::unique_ptr<StageBatch> reuse) const = 0;
  // Tells where and how large the arrays are: work recorded for a batch is good for another with the same words.
  virtual Words words() const = 0;
};

template <HasArrays Contents>
Words words_of(const Contents& contents) {
  Words words;
  add_words(words, contents);
  return words;
}

// A batch whose contents list their arrays.
template <HasArrays Contents>
class BatchOf final : public StageBatch {
 public:
  Contents contents;

  std::unique_ptr<StageBatch> to_device(Context& context, std::unique_ptr<StageBatch> reuse) const override {
    if (!reuse) reuse = std::make_unique<BatchOf>();
    copy_to_backend(context, contents, static_cast<BatchOf&>(*reuse).contents, stepped_room);
    return reuse;
  }
  Words words() const override { return words_of(contents); }
};

template <HasArrays Contents>
std::unique_ptr<StageBatch> empty_batch_of(const MemorySource& memory) {
  auto batch = std::make_unique<BatchOf<Contents>>();
  empty_in(batch->contents, memory);
  return batch;
}

// What a training frame brings to every batch it is in, from its coordinates alone: graphs, neighbour lists, tensors.
class PreparedFrame {
 public:
  virtual ~PreparedFrame() = default;
  virtual std::size_t bytes() const = 0;  // of memory
};

// How atoms are made of what a stage draws; stages whose draw is the structure itself read none of it.
struct RefineOptions {
  int draws = 64;          // of every side chain, to pick from
  int members = 0;         // of a model that is a mixture, the first ones; 0: all
  bool sample = false;     // a random draw of all side chains together in place of the most plausible one
  std::optional<double> temperature{};  // of the draws; not given: 1 for random ones, models::allatom::kPlausibleTemperature else
  bool relax = true;       // turn side chains and peptides apart where atoms still overlap
  bool fix_ca = false;     // bring the trace into the shape proteins have first; models/allatom/trace_fixes.hpp
};

// What refining leaves for the next call with the same stage and context. On a device: the memory of the batch, and
// recordings of samples that were drawn from batches of its shape.
struct RefineMemory {
  models::allatom::TraceFixes fixes;  // of all calls so far
  std::unique_ptr<StageBatch> batch;
  Recorder<const float*> recorder;
};

// The contents of a batch of the host, or on a device those of a copy in `memory`.
template <HasArrays Contents>
const Contents& where_kernels_read(Context& context, const BatchOf<Contents>& batch, RefineMemory& memory) {
  if (context.device() == Device::cpu) return batch.contents;
  memory.batch = batch.to_device(context, std::move(memory.batch));
  return static_cast<const BatchOf<Contents>&>(*memory.batch).contents;
}

class Stage {
 public:
  virtual ~Stage() = default;

  virtual std::string kind() const = 0;  // "cgvae", "allatom", "genzprot"
  virtual ParameterSet<float>& parameters() = 0;
  virtual void initialize(std::uint64_t seed) = 0;
  // Particles this stage was made for; the coarse ones of a transferable stage are those of training, none where these
  // were many proteins.
  virtual const io::Topology& coarse_topology() const = 0;
  virtual const io::BeadMap& map() const = 0;

  // ---- inference
  // The particles made of these coarse ones. Throws Error(checkpoint) naming `file` if the stage was
  // trained for others.
  virtual io::Topology fine_topology(const io::Topology& coarse, const std::string& file) const = 0;
  // True where a trace may hold residues without a template: fine particles of theirs are the alpha carbons.
  virtual bool keeps_unknown_residues() const { return false; }
  // One fine frame an input, the latent from the prior; from the posterior where the input has a
  // truth. The frames of a batch don't know of each other: any batching gives the same bits.
  virtual std::vector<io::Frame> refine(Context& context, const io::Topology& coarse, const std::vector<StageInput>& inputs,
                                        const RefineOptions& options, RefineMemory& memory) const = 0;

  // ---- training
  // What people should know of the proteins it is to learn from, a line each.
  virtual std::vector<std::string> notes(const std::vector<StageSetup>& proteins) const {
    (void)proteins;
    return {};
  }
  virtual std::vector<std::string> term_names() const = 0;
  // `truth` holds the fine particles of `protein`, which must stay where and as it is while the stage lives: what frames
  // of a protein share may be made once. A stage of one protein takes no other. May be called while another thread
  // trains the stage.
  virtual std::unique_ptr<const PreparedFrame> prepare(Context& context, const StageSetup& protein, const io::Frame& truth) const = 0;
  // A batch of nothing whose arrays will lie in `memory`, of the host.
  virtual std::unique_ptr<StageBatch> empty_batch(const MemorySource& memory) const = 0;
  // Frames one behind another, each with its noise, on the host. `reuse`, if given, is a batch of this stage whose
  // memory is taken.
  virtual std::unique_ptr<StageBatch> make_batch(Context& context, const std::vector<const PreparedFrame*>& frames,
                                                 const std::vector<DrawKey>& keys,
                                                 std::unique_ptr<StageBatch> reuse = nullptr) const = 0;
  // `batch` lies where the tape's kernels read.
  virtual StageLoss loss(Tape<float>& tape, const StageBatch& batch, const TrainingMoment& moment) const = 0;
  // All that the loss takes from the moment: moments of the same weights have the same loss.
  virtual std::vector<double> loss_weights(const TrainingMoment& moment) const = 0;
  // Loss above which a batch is left out, as published; infinity where the rule is not used.
  virtual double skip_above() const = 0;
};

// Structures of a list that a stage was trained on, as its files remember them.
struct ListSummary {
  std::string list;  // the list's file name, without its folder
  int train = 0, validation = 0, test = 0;  // structures
  long long residues = 0;
  std::string hash;  // of names, parts, sequences and numbers of atoms and frames

  std::string text() const;  // "chains.tsv: 3 structures (2 training, 1 validation, 0 test) of 60 residues, hash ..."
  bool same_data(const ListSummary& other) const;  // whatever the list is called
};

// What a stage was trained on, as far as its files remember it.
struct TrainedOn {
  StageSetup protein;               // empty where it was a list
  std::optional<ListSummary> list;
};

// `config` with the values filled in that it leaves for the model to measure on the training frames. A stage
// is made from the result.
io::Config resolve_config(Context& context, const io::Config& config, const StageSetup& setup,
                          const std::vector<const io::Frame*>& training);

// `config` resolved by a schema of stage_config.hpp. A transferable stage takes an empty setup too. Throws Error(input)
// if setup and config disagree.
std::unique_ptr<Stage> make_stage(const io::Config& config, const StageSetup& setup);

}  // namespace regrain::driver
