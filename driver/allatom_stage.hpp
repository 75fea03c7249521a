// regrain's own stage from alpha carbons to all heavy atoms. It is transferable: any protein; of residues
// it doesn't know it keeps the alpha carbon.
#pragma once

#include "driver/stage.hpp"
#include "models/allatom/model.hpp"

namespace regrain::driver {

class AllAtomStage final : public Stage {
 public:
  AllAtomStage(const io::Config& config, const StageSetup& setup);

  std::string kind() const override { return "allatom"; }
  ParameterSet<float>& parameters() override { return model_->parameters(); }
  void initialize(std::uint64_t seed) override { model_->initialize(seed); }
  const io::Topology& coarse_topology() const override { return coarse_; }
  const io::BeadMap& map() const override { return map_; }

  io::Topology fine_topology(const io::Topology& coarse, const std::string& file) const override;
  bool keeps_unknown_residues() const override { return true; }
  std::vector<io::Frame> refine(Context& context, const io::Topology& coarse, const std::vector<StageInput>& inputs,
                                const RefineOptions& options, RefineMemory& memory) const override;

  std::vector<std::string> term_names() const override { return {"chi", "kl", "backbone", "first_backbone"}; }
  std::unique_ptr<const PreparedFrame> prepare(Context& context, const StageSetup& protein, const io::Frame& truth) const override;
  std::unique_ptr<StageBatch> empty_batch(const MemorySource& memory) const override;
  std::unique_ptr<StageBatch> make_batch(Context& context, const std::vector<const PreparedFrame*>& frames,
                                         const std::vector<DrawKey>& keys, std::unique_ptr<StageBatch> reuse) const override;
  StageLoss loss(Tape<float>& tape, const StageBatch& batch, const TrainingMoment& moment) const override;
  std::vector<double> loss_weights(const TrainingMoment& moment) const override;
  double skip_above() const override;

 private:
  models::allatom::LossWeights weights_at(const TrainingMoment& moment) const;

  models::allatom::LossWeights weights_;
  double beta_start_;
  long long beta_steps_;
  double ca_noise_, noisy_share_, dropout_, edge_dropout_;
  io::Topology coarse_;
  io::BeadMap map_;
  std::unique_ptr<models::allatom::Model<float>> model_;
};

}  // namespace regrain::driver
