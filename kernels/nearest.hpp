// The nearest neighbours of every point as a graph.
#pragma once

#include <vector>

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

// Edges j -> i from the `k` points j nearest to i, none further than the cutoff, of the same set of points: set f are the
// points [first_of_set[f], first_of_set[f + 1]). Of two at the same distance the one with the lower index is nearer.
// Points that are not finite throw Error(numbers).
template <class T>
Graph nearest_graph(Cpu, View<const T, 2> x_N3, int k, T cutoff, const std::vector<int>& first_of_set);

}  // namespace regrain::kernels
