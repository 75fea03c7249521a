#include "driver/chain.hpp"

#include <algorithm>

#include "driver/fewest_overlaps.hpp"
#include "driver/pretrained.hpp"
#include "engine/errors.hpp"
#include "engine/trace.hpp"

namespace regrain::driver {

namespace {

// DrawKey::purpose of the first stage; the others follow
constexpr std::uint16_t kChainNoise = 16;

}  // namespace

Chain::Chain(const std::vector<std::string>& stage_paths) {
  for (const std::string& path : stage_paths) stages_.push_back(load_stage(path == kShippedStage ? shipped_file(kShippedStage) : path));
  if (stages_.empty()) stages_.push_back(load_stage(shipped_file(kShippedStage)));
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

std::vector<io::Frame> Chain::draw(Context& context, const std::vector<io::Topology>& topologies, const io::Frame& coarse,
                                   std::uint32_t frame_number, const ChainOptions& options, const Given& given, int first, int last) {
  std::vector<io::Frame> samples(static_cast<std::size_t>(last - first), coarse);
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    std::vector<io::Frame> finer;
    for (std::size_t begin = 0; begin < samples.size(); begin += static_cast<std::size_t>(options.batch)) {
      const std::size_t end = std::min(begin + static_cast<std::size_t>(options.batch), samples.size());
      std::vector<StageInput> inputs;
      for (std::size_t i = begin; i < end; ++i)
        inputs.push_back({&samples[i], given.truth ? &(*given.truth)[s] : nullptr, s == 0 ? given.known : nullptr,
                          {options.seed, frame_number, static_cast<std::uint16_t>(static_cast<std::size_t>(first) + i),
                           static_cast<std::uint16_t>(kChainNoise + s)}});
      for (io::Frame& f : stages_[s].stage->refine(context, topologies[s], inputs, options.refine, memory_[s])) finer.push_back(std::move(f));
    }
    samples = std::move(finer);
  }
  return samples;
}

std::vector<io::Frame> Chain::refine(Context& context, const std::vector<io::Topology>& topologies, const io::Frame& coarse,
                                     std::uint32_t frame_number, const ChainOptions& options, const Given& given) {
  const TraceScope trace("backmap frame");
  if (options.best_of == 1) return draw(context, topologies, coarse, frame_number, options, given, 0, options.n_samples);
  const FewestOverlaps fewest(topologies.back());
  const int together = std::max(1, options.batch / options.best_of);  // samples whose candidates are in memory
  std::vector<io::Frame> best;
  for (int first = 0; first < options.n_samples; first += together) {
    const int last = std::min(first + together, options.n_samples);
    std::vector<io::Frame> candidates =
        draw(context, topologies, coarse, frame_number, options, given, first * options.best_of, last * options.best_of);
    for (int i = 0; i < last - first; ++i) {
      const auto begin = candidates.begin() + static_cast<std::ptrdiff_t>(i) * options.best_of;
      best.push_back(std::move(*(begin + fewest.of({begin, begin + options.best_of}))));
    }
  }
  return best;
}

}  // namespace regrain::driver
