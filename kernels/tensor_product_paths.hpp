// What the tensor product of node features with the harmonics of an edge consists of.
//
// Features of level 0..3 are 12x0e, + 4x1o, + 4x1e, + 12x0o: scalars, vectors, pseudovectors,
// pseudoscalars (Yang & Gomez-Bombarelli 2023). A layer of level l goes from level l to l + 1. Its
// product is a list of paths; each couples one block of the sender with one l of the harmonics into one
// block of the result, mixing channels with its own matrix of weights. The lists of the three layers
// are the first 2, 6 and 10 entries of one table.
//
// A row of features keeps its blocks in this order, vectors as [xyz][channel] so that channels are
// neighbours in memory.
#pragma once

#include <cmath>
#include <type_traits>
#include <utility>

#include "engine/host_device.hpp"

namespace regrain::kernels {

constexpr int kScalarChannels = 12, kVectorChannels = 4;
constexpr int kMaxLevel = 2;

// values in a row of features of a level
constexpr int feature_width(int level) { return 12 * (level + 1); }

// How `in` and the harmonics make `out`; Y1 is the l = 1 vector, S the traceless symmetric matrix of l = 2.
enum class Coupling {
  scalar,      // out = in
  to_vector,   // out = in Y1
  vector,      // out = in
  dot,         // out = in . Y1
  cross,       // out = in x Y1
  quadrupole,  // out = S in
};

struct TensorPath {
  Coupling coupling;
  int in, d_in, n_in;     // the sender's block: first column, components, channels
  int out, d_out, n_out;  // the result's block
  int weight;             // first of n_in x n_out weights
  double square[3];       // squared coefficient in the layers 0, 1, 2
};

// Coefficients: sqrt(dimension of the result / number of inputs of all paths to it), times the norm of
// the Wigner 3j symbol: "component" normalisation of irreps, "element" of paths (e3nn).
constexpr TensorPath kTensorPaths[10] = {
    {Coupling::scalar, 0, 1, 12, 0, 1, 12, 0, {1. / 12, 1. / 16, 1. / 16}},
    {Coupling::to_vector, 0, 1, 12, 12, 3, 4, 144, {1. / 12, 1. / 20, 1. / 24}},
    {Coupling::vector, 12, 3, 4, 12, 3, 4, 192, {0, 1. / 20, 1. / 24}},
    {Coupling::dot, 12, 3, 4, 0, 1, 12, 208, {0, 1. / 48, 1. / 48}},
    {Coupling::cross, 12, 3, 4, 24, 3, 4, 256, {0, 1. / 8, 1. / 24}},
    {Coupling::quadrupole, 12, 3, 4, 12, 3, 4, 272, {0, 3. / 200, 1. / 80}},
    {Coupling::vector, 24, 3, 4, 24, 3, 4, 288, {0, 0, 1. / 12}},
    {Coupling::cross, 24, 3, 4, 12, 3, 4, 304, {0, 0, 1. / 48}},
    {Coupling::dot, 24, 3, 4, 36, 1, 12, 320, {0, 0, 1. / 12}},
    {Coupling::quadrupole, 24, 3, 4, 24, 3, 4, 368, {0, 0, 1. / 40}},
};

constexpr int n_tensor_paths(int level) { return 2 + 4 * level; }
// weights of one edge: 192, 288, 384
constexpr int n_tensor_weights(int level) { return 192 + 96 * level; }
REGRAIN_HD inline double path_coefficient(const TensorPath& path, int level) { return std::sqrt(path.square[level]); }

// Columns of the two intermediate tiles: harmonics applied first (channels of the sender, components
// of the result), or weights applied first (channels of the result, components of the sender). A tile's
// row holds one block of columns for each path.
constexpr int coupled_column(int path) {
  int n = 0;
  for (int p = 0; p < path; ++p) n += kTensorPaths[p].d_out * kTensorPaths[p].n_in;
  return n;
}
constexpr int mixed_column(int path) {
  int n = 0;
  for (int p = 0; p < path; ++p) n += kTensorPaths[p].d_in * kTensorPaths[p].n_out;
  return n;
}
constexpr int coupled_width(int level) { return coupled_column(n_tensor_paths(level)); }
constexpr int mixed_width(int level) { return mixed_column(n_tensor_paths(level)); }
static_assert(coupled_width(0) == 48 && coupled_width(1) == 88 && coupled_width(2) == 128);
static_assert(mixed_width(0) == 16 && mixed_width(1) == 88 && mixed_width(2) == 160);

// f(std::integral_constant<int, p>) for every path p of a layer
template <int Level, class F>
REGRAIN_HD inline void for_each_path(F f) {
  [&]<int... P>(std::integer_sequence<int, P...>) {
    (f(std::integral_constant<int, P>{}), ...);
  }(std::make_integer_sequence<int, n_tensor_paths(Level)>{});
}

}  // namespace regrain::kernels
