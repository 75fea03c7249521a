// Pairs of atoms a few bonds apart: whose distance a geometry loss watches, and who can't clash.
#pragma once

#include <utility>
#include <vector>

namespace regrain::models {

// Pairs i < j that are one to `order` bonds apart, ascending.
std::vector<std::pair<int, int>> bonds_up_to(int n_atoms, const std::vector<std::pair<int, int>>& bonds, int order);

}  // namespace regrain::models
