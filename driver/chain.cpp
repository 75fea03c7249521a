#include "driver/chain.hpp"

#include <algorithm>

#include "driver/pretrained.hpp"
#include "engine/errors.hpp"
#include "engine/trace.hpp"

namespace regrain::driver {

namespace {

// DrawKey::purpose of the first stage; the others follow
constexpr std::uint16_t kChainNoise = 16;

}  // namespace

Chain::Chain(const std::vector<std::string>& stage_paths) {
  for (const std::string& path : stage_paths) stages_.push_back(load_stage(path == kShippedStage ? shipped_stage() : path));
  if (stages_.empty()) stages_.push_back(load_stage(shipped_stage()));
  memory_.resize(stages_.size());
}

void Chain::move_to(Context& context) {
  if (context.device() == Device::cpu) return;
  for (StageFile& s : stages_) s.stage->parameters().move_to(context);
}

std::vector<io::Topology> Chain::topologies(const io::Topology& coarse, const std::string& file) const {
  std::vector<io::Topology> all{coarse};
  std::string from = file;
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    all.push_back(stages_[s].stage->fine_topology(all.back(), from));
    from = concat("stage ", s + 1);
  }
  return all;
}

std::vector<io::Frame> Chain::refine(Context& context, const std::vector<io::Topology>& topologies, const io::Frame& coarse,
                                     std::uint32_t frame_number, const ChainOptions& options,
                                     const std::vector<io::Frame>* truth) {
  const TraceScope trace("backmap frame");
  std::vector<io::Frame> samples(static_cast<std::size_t>(options.n_samples), coarse);
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    std::vector<io::Frame> finer;
    for (std::size_t begin = 0; begin < samples.size(); begin += static_cast<std::size_t>(options.batch)) {
      const std::size_t end = std::min(begin + static_cast<std::size_t>(options.batch), samples.size());
      std::vector<StageInput> inputs;
      for (std::size_t i = begin; i < end; ++i)
        inputs.push_back({&samples[i], truth ? &(*truth)[s] : nullptr,
                          {options.seed, frame_number, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(kChainNoise + s)}});
      for (io::Frame& f : stages_[s].stage->refine(context, topologies[s], inputs, options.refine, memory_[s])) finer.push_back(std::move(f));
    }
    samples = std::move(finer);
  }
  return samples;
}

}  // namespace regrain::driver
