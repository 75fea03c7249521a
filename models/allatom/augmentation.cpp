#include "models/allatom/augmentation.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::models::allatom {

void add_ca_noise(Rng frame, double noisy_share, double most, std::vector<float>& ca) {
  const double u = rng_for(frame, Purpose::ca_spread).uniform(0);
  if (u < 1 - noisy_share || noisy_share == 0) return;
  const double share = (u - (1 - noisy_share)) / noisy_share;
  const Rng rng = rng_for(frame, Purpose::ca_noise);
  for (std::size_t i = 0; i < ca.size(); ++i) ca[i] += static_cast<float>(most * share * rng.normal(static_cast<std::uint32_t>(i)));
}

void fill_dropout(Cpu be, const std::vector<Rng>& frames, const std::vector<int>& first_residue, double p, View<float, 3> factor_PNH) {
  const int n = factor_PNH.dim(1), width = factor_PNH.dim(2);
  REGRAIN_CHECK(factor_PNH.dim(0) <= kMostDropoutPlanes && width % 4 == 0, "dropout of ", factor_PNH.dim(0), " planes, at most ",
                kMostDropoutPlanes, ", of ", width, " features");
  const float kept = static_cast<float>(1 / (1 - p));
  const auto limit = static_cast<std::uint32_t>(p * 0x1p32);
  for (int plane = 0; plane < factor_PNH.dim(0); ++plane)
    for (std::size_t f = 0; f < frames.size(); ++f) {
      const Rng rng = rng_for(frames[f], Purpose::dropout, plane);
      const int first = first_residue[f], count = first_residue[f + 1] - first;
      kernels::parallel_for(be, count, 10.0 * count * width, [&](int i) {
        float* row = factor_PNH.data() + (static_cast<std::ptrdiff_t>(plane) * n + first + i) * width;
        for (int c = 0; c < width; c += 4) {  // four words a draw
          const Philox4 bits = rng.bits(static_cast<std::uint32_t>(i * width + c));
          for (int k = 0; k < 4; ++k) row[c + k] = bits[static_cast<std::size_t>(k)] < limit ? 0.f : kept;
        }
      });
    }
}

kernels::Graph thinned(const kernels::Graph& graph, const std::vector<Rng>& frames, const std::vector<int>& first_residue, double p) {
  std::vector<kernels::Edge> kept;
  kept.reserve(static_cast<std::size_t>(graph.n_edges()));
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const Rng rng = rng_for(frames[f], Purpose::edges);
    for (int i = first_residue[f]; i < first_residue[f + 1]; ++i) {
      const int begin = graph.offset[static_cast<std::size_t>(i)], end = graph.offset[static_cast<std::size_t>(i) + 1];
      for (int e = begin; e < end; ++e)
        if (rng.uniform(static_cast<std::uint32_t>((i - first_residue[f]) * 1024 + e - begin)) >= p)
          kept.push_back({i, graph.src[static_cast<std::size_t>(e)]});
    }
  }
  return kernels::make_graph(graph.n_dst, graph.n_src, kept);
}

}  // namespace regrain::models::allatom
