#include "models/bond_pairs.hpp"

#include <set>

namespace regrain::models {

std::vector<std::pair<int, int>> bonds_up_to(int n_atoms, const std::vector<std::pair<int, int>>& bonds, int order) {
  std::vector<std::vector<int>> neighbors(static_cast<std::size_t>(n_atoms));
  for (const auto& [i, j] : bonds) {
    neighbors[i].push_back(j);
    neighbors[j].push_back(i);
  }
  std::vector<std::pair<int, int>> pairs;
  for (int start = 0; start < n_atoms; ++start) {
    std::set<int> reached{start};
    std::vector<int> frontier{start};
    for (int k = 0; k < order; ++k) {
      std::vector<int> next;
      for (int i : frontier)
        for (int j : neighbors[i])
          if (reached.insert(j).second) next.push_back(j);
      frontier = std::move(next);
    }
    for (int j : reached)
      if (j > start) pairs.emplace_back(start, j);
  }
  return pairs;
}

}  // namespace regrain::models
