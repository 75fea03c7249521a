// Pairs of points within a cutoff: by cells for many points, by all pairs for few.
#pragma once

#include <utility>
#include <vector>

#include "engine/backend.hpp"
#include "engine/view.hpp"

namespace regrain::kernels {

enum class NeighborSearch { automatic, brute_force, cells };

// Undirected pairs i < j with |x_i - x_j| <= cutoff, in order (i, j). Points that are not finite
// throw Error(numbers).
template <class T>
std::vector<std::pair<int, int>> neighbor_pairs(Cpu, View<const T, 2> x_N3, T cutoff,
                                                NeighborSearch search = NeighborSearch::automatic);

}  // namespace regrain::kernels
