// The chain: p(x0 | xk) = product of p(x_i | x_i+1). A list of stages, each refining what the one before
// it made; between the first and the last file everything stays in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "driver/checkpoint.hpp"
#include "io/structure.hpp"

namespace regrain::driver {

struct ChainOptions {
  int n_samples = 1;
  std::uint64_t seed = 1;
  RefineOptions refine{};
  int best_of = 1;  // candidates of each sample, of which the one with the fewest overlaps is kept
  int batch = 16;  // samples of a frame refined together; the result doesn't depend on it
};

class Chain {
 public:
  // Files of stages, coarsest first, "allatom" for the one that is shipped; none: that one alone.
  explicit Chain(const std::vector<std::string>& stage_paths);

  const std::vector<StageFile>& stages() const { return stages_; }
  // Brings the weights to where the context's kernels work; before the first refine(), which goes with this context.
  void move_to(Context& context);
  // `coarse` itself, then what each stage makes of it. Throws Error(checkpoint) naming `file` if the
  // particles don't fit.
  std::vector<io::Topology> topologies(const io::Topology& coarse, const std::string& file) const;

  // What is known of a frame besides its coarse particles.
  struct Given {
    const std::vector<io::Frame>* truth = nullptr;  // the true particles of every stage: latents come from the posteriors
    const KnownAtoms* known = nullptr;              // atoms the first stage keeps
  };
  // The samples of one coarse frame, `frame_number` naming its draws.
  std::vector<io::Frame> refine(Context& context, const std::vector<io::Topology>& topologies, const io::Frame& coarse,
                                std::uint32_t frame_number, const ChainOptions& options, const Given& given);

  // What refining left: of every stage.
  const std::vector<RefineMemory>& memory() const { return memory_; }

 private:
  // samples [first, last), the frame's others left out
  std::vector<io::Frame> draw(Context& context, const std::vector<io::Topology>& topologies, const io::Frame& coarse,
                              std::uint32_t frame_number, const ChainOptions& options, const Given& given, int first, int last);

  std::vector<StageFile> stages_;
  std::vector<RefineMemory> memory_;  // one a stage
};

}  // namespace regrain::driver
