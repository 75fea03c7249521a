// Pairs of points within a cutoff: by cells for many points, by all pairs for few; as a list or as a graph.
#pragma once

#include <utility>
#include <vector>

#include "engine/backend.hpp"
#include "engine/view.hpp"
#include "kernels/device_graph.hpp"
#include "kernels/graph.hpp"

namespace regrain::kernels {

enum class NeighborSearch { automatic, brute_force, cells };

// Undirected pairs i < j with |x_i - x_j| <= cutoff, in order (i, j). Points that are not finite
// throw Error(numbers).
template <class T>
std::vector<std::pair<int, int>> neighbor_pairs(Cpu, View<const T, 2> x_N3, T cutoff,
                                                NeighborSearch search = NeighborSearch::automatic);

// Both directions of these pairs as make_graph sorts them, set of points by set: set f are the points
// [first_of_set[f], first_of_set[f + 1]). Takes half of the result's memory beside it, where lists of pairs and of
// edges would take six times as much. Throws Error(device) where edges are too many to be counted in an int.
template <class T>
Graph neighbor_graph(Cpu, View<const T, 2> x_N3, T cutoff, const std::vector<int>& first_of_set, GraphOrders orders,
                     NeighborSearch search = NeighborSearch::automatic);
// The same graph, of the same bits, in device memory, x_N3 being there too. Waits for the device once, for the count.
template <class T>
Graph neighbor_graph(Cuda, View<const T, 2> x_N3, T cutoff, const std::vector<int>& first_of_set, GraphOrders orders,
                     NeighborSearch search = NeighborSearch::automatic);

// The same into a graph of the caller's, without waiting: for a step that is recorded and replayed. first_of_set must
// cover the points, see check_sets. Where edges are more than the capacity the graph has none. Read graph.found after
// the step: it says so, and whether there were points that are not finite, whose edges mean nothing.
template <class T>
void neighbor_graph(Cuda, View<const T, 2> x_N3, T cutoff, View<const int, 1> first_of_set_G1, DeviceGraph& graph,
                    NeighborSearch search = NeighborSearch::automatic);

// Throws Error(internal) unless the sets [first_of_set[f], first_of_set[f + 1]) are the points [0, n_points).
void check_sets(const std::vector<int>& first_of_set, int n_points);

}  // namespace regrain::kernels
