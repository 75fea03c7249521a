// The bead-to-particles VAE as a stage. It belongs to one system: its beads are known by index.
#pragma once

#include "driver/stage.hpp"
#include "models/cgvae/cgvae.hpp"

namespace regrain::driver {

class CgvaeStage final : public Stage {
 public:
  CgvaeStage(const io::Config& config, const StageSetup& setup);

  std::string kind() const override { return "cgvae"; }
  ParameterSet<float>& parameters() override { return model_->parameters(); }
  void initialize(std::uint64_t seed) override { model_->initialize(seed); }
  const io::Topology& coarse_topology() const override { return coarse_; }
  const io::BeadMap& map() const override { return map_; }

  io::Topology fine_topology(const io::Topology& coarse, const std::string& file) const override;
  std::vector<io::Frame> refine(Context& context, const io::Topology& coarse, const std::vector<StageInput>& inputs,
                                RefineMemory& memory) const override;

  std::vector<std::string> notes(const std::vector<StageSetup>& proteins) const override;
  std::vector<std::string> term_names() const override { return {"reconstruction", "kl", "graph"}; }
  std::unique_ptr<const PreparedFrame> prepare(Context& context, const StageSetup& protein, const io::Frame& truth) const override;
  std::unique_ptr<StageBatch> empty_batch(const MemorySource& memory) const override;
  std::unique_ptr<StageBatch> make_batch(Context& context, const std::vector<const PreparedFrame*>& frames,
                                         const std::vector<DrawKey>& keys, std::unique_ptr<StageBatch> reuse) const override;
  StageLoss loss(Tape<float>& tape, const StageBatch& batch, const TrainingMoment& moment) const override;
  std::vector<double> loss_weights(const TrainingMoment& moment) const override;
  double skip_above() const override;

 private:
  // (frames beads, channels)
  void draw_noise(Context& context, const std::vector<DrawKey>& keys, Tensor<float>& eps) const;
  models::CgvaeWeights weights_at(const TrainingMoment& moment) const;

  models::CgvaeWeights weights_;
  double beta_start_;
  long long beta_steps_;
  io::Topology fine_, coarse_;
  io::BeadMap map_;
  models::BeadSystem system_;
  std::unique_ptr<models::Cgvae<float>> model_;
};

}  // namespace regrain::driver
