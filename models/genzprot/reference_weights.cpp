#include "models/genzprot/reference_weights.hpp"

#include "kernels/tensor_product_paths.hpp"

namespace regrain::models {

std::vector<int> reference_columns(int level) {
  constexpr int kS = kernels::kScalarChannels, kV = kernels::kVectorChannels;
  std::vector<int> column;
  for (int c = 0; c < kS; ++c) column.push_back(c);
  for (int block = 0; block < (level > 2 ? 2 : level); ++block)
    for (int m = 0; m < 3; ++m)
      for (int c = 0; c < kV; ++c) column.push_back(kS + block * 3 * kV + 3 * c + m);
  for (int c = static_cast<int>(column.size()); c < kernels::feature_width(level); ++c) column.push_back(c);
  return column;
}

std::vector<int> reference_columns(const std::string& parameter) {
  if (parameter == "prior_net.mu.0.weight" || parameter == "prior_net.sigma.0.weight")
    return reference_columns(3);
  if (parameter != "encoder.dense.0.weight") return {};
  std::vector<int> column = reference_columns(3);
  const int first = static_cast<int>(column.size());
  for (int c : reference_columns(2)) column.push_back(first + c);
  return column;
}

}  // namespace regrain::models
