// The chain: p(x0 | xk) = product of p(x_i | x_i+1). A list of stages, each refining what the one before
// it made; between the first and the last file everything stays in memory.
#pragma once

#include <optional>
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
  int batch = 16;  // structures refined together, of one frame or several; the result doesn't depend on it
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

  // A coarse frame, and what is known of it besides its particles.
  struct Input {
    io::Frame coarse;
    std::uint32_t number = 0;          // names its draws
    std::vector<io::Frame> truth{};    // the true particles of every stage: latents come from the posteriors; all inputs of a call or none
    std::optional<KnownAtoms> known{}; // what the first stage keeps; all inputs of a call or none
  };
  // The samples of every frame, one frame's behind those of the frame before it.
  std::vector<io::Frame> refine(Context& context, const std::vector<io::Topology>& topologies, const std::vector<Input>& inputs, const ChainOptions& options);

  // What refining left: of every stage.
  const std::vector<RefineMemory>& memory() const { return memory_; }

 private:
  // Candidates [first, last) of all inputs' n_samples x best_of.
  std::vector<io::Frame> draw(Context& context, const std::vector<io::Topology>& topologies, const std::vector<Input>& inputs,
                              const ChainOptions& options, std::size_t first, std::size_t last);

  std::vector<StageFile> stages_;
  std::vector<RefineMemory> memory_;  // one a stage
};

}  // namespace regrain::driver
