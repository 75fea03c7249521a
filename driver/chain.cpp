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

std::vector<io::Frame> Chain::draw(Context& context, const std::vector<io::Topology>& topologies, const std::vector<Input>& inputs,
                                   const ChainOptions& options, std::size_t first, std::size_t last) {
  const std::size_t each = static_cast<std::size_t>(options.n_samples) * static_cast<std::size_t>(options.best_of);
  const auto input_of = [&](std::size_t i) -> const Input& { return inputs[(first + i) / each]; };
  std::vector<io::Frame> made;
  for (std::size_t i = 0; i < last - first; ++i) made.push_back(input_of(i).coarse);
  for (std::size_t s = 0; s < stages_.size(); ++s) {
    std::vector<io::Frame> finer;
    for (std::size_t begin = 0; begin < made.size(); begin += static_cast<std::size_t>(options.batch)) {
      const std::size_t end = std::min(begin + static_cast<std::size_t>(options.batch), made.size());
      std::vector<StageInput> together;
      for (std::size_t i = begin; i < end; ++i) {
        const Input& in = input_of(i);
        together.push_back({&made[i], in.truth.empty() ? nullptr : &in.truth[s], s == 0 && in.known ? &*in.known : nullptr,
                            {options.seed, in.number, static_cast<std::uint16_t>((first + i) % each), static_cast<std::uint16_t>(kChainNoise + s)}});
      }
      for (io::Frame& f : stages_[s].stage->refine(context, topologies[s], together, options.refine, memory_[s])) finer.push_back(std::move(f));
    }
    made = std::move(finer);
  }
  return made;
}

std::vector<io::Frame> Chain::refine(Context& context, const std::vector<io::Topology>& topologies, const std::vector<Input>& inputs,
                                     const ChainOptions& options) {
  const TraceScope trace("backmap frames");
  const std::size_t n = inputs.size() * static_cast<std::size_t>(options.n_samples), each = static_cast<std::size_t>(options.best_of);
  if (each == 1) return draw(context, topologies, inputs, options, 0, n);
  const FewestOverlaps fewest(topologies.back());
  const std::size_t together = std::max<std::size_t>(1, static_cast<std::size_t>(options.batch) / each);  // samples whose candidates are in memory
  std::vector<io::Frame> best;
  for (std::size_t first = 0; first < n; first += together) {
    const std::size_t last = std::min(first + together, n);
    std::vector<io::Frame> candidates = draw(context, topologies, inputs, options, first * each, last * each);
    for (std::size_t i = 0; i < last - first; ++i) {
      const auto begin = candidates.begin() + static_cast<std::ptrdiff_t>(i * each);
      best.push_back(std::move(*(begin + fewest.of({begin, begin + options.best_of}))));
    }
  }
  return best;
}

}  // namespace regrain::driver
