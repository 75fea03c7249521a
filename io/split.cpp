#include "io/split.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/errors.hpp"

namespace regrain::io {
namespace {

// splitmix64 by Sebastiano Vigna: the i-th draw is a function of seed and i alone.
uint64_t draw(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

Split cut(const std::vector<int>& order) {
  const size_t n = order.size();
  const size_t tenth = n < 3 ? 0 : std::max<size_t>(1, (n + 5) / 10);
  const auto first = order.begin();
  const auto validation = first + static_cast<std::ptrdiff_t>(n - 2 * tenth),
             test = first + static_cast<std::ptrdiff_t>(n - tenth);
  Split split{{first, validation}, {validation, test}, {test, order.end()}};
  for (std::vector<int>* part : {&split.train, &split.validation, &split.test}) std::ranges::sort(*part);
  return split;
}

std::vector<int> all(int n_frames) {
  if (n_frames < 1) fail(ErrorKind::input, "split: ", n_frames, " frames; expected at least one");
  std::vector<int> order(static_cast<size_t>(n_frames));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

}  // namespace

Split random_split(int n_frames, uint64_t seed) {
  std::vector<int> order = all(n_frames);
  for (size_t i = order.size(); i-- > 1;) {
    // high half of a 128-bit product: a fair index up to 2^-40 for any number of frames
    const uint64_t j = static_cast<uint64_t>((static_cast<unsigned __int128>(draw(seed, i)) * (i + 1)) >> 64);
    std::swap(order[i], order[static_cast<size_t>(j)]);
  }
  return cut(order);
}

Split contiguous_split(int n_frames) { return cut(all(n_frames)); }

}  // namespace regrain::io
