// Structures of tensors that say what they hold, so that copying, measuring and recognising them is written once:
//
//   static constexpr auto arrays()       tuple of members: tensors, and structures like this one
//   static constexpr auto edge_arrays()  the tensors with a row an edge, which may have room for more
//   static constexpr auto numbers()      the rest: numbers and vectors of them
// What is missing is taken for empty.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "engine/tensor.hpp"

namespace regrain {

template <class S>
concept HasArrays = requires { S::arrays(); };

template <class S>
constexpr auto edge_arrays_of() {
  if constexpr (requires { S::edge_arrays(); })
    return S::edge_arrays();
  else
    return std::tuple<>();
}
template <class S>
constexpr auto numbers_of() {
  if constexpr (requires { S::numbers(); })
    return S::numbers();
  else
    return std::tuple<>();
}

// f(member) for every pointer to a member in a tuple, in order
template <class Members, class F>
void for_each_member(Members members, F f) {
  std::apply([&](auto... member) { (f(member), ...); }, members);
}

template <class T>
std::size_t bytes_of(const Tensor<T>& x) {
  return x.bytes();
}
// Memory of all arrays.
template <HasArrays S>
std::size_t bytes_of(const S& s) {
  std::size_t bytes = 0;
  const auto add = [&](auto member) { bytes += bytes_of(s.*member); };
  for_each_member(S::arrays(), add);
  for_each_member(edge_arrays_of<S>(), add);
  return bytes;
}

// Takes what the arrays hold away and has them ask `memory` for more from now on.
template <class T>
void empty_in(Tensor<T>& x, const MemorySource& memory) {
  x = Tensor<T>(x.shape().rank() == 0 ? Shape{0} : x.shape().with_rows(0), memory);
}
template <HasArrays S>
void empty_in(S& s, const MemorySource& memory) {
  const auto empty = [&](auto member) { empty_in(s.*member, memory); };
  for_each_member(S::arrays(), empty);
  for_each_member(edge_arrays_of<S>(), empty);
}

// Words that tell one structure from another by where its arrays lie, their shapes and the numbers beside them, not by
// what is in the arrays: work recorded for one is good for another with the same words.
using Words = std::vector<std::uint64_t>;

template <class N>
  requires(std::is_arithmetic_v<N> || std::is_enum_v<N> || std::is_pointer_v<N>)
void add_words(Words& words, N x) {
  if constexpr (std::is_pointer_v<N>)
    words.push_back(reinterpret_cast<std::uintptr_t>(x));
  else if constexpr (std::is_floating_point_v<N>)
    words.push_back(std::bit_cast<std::uint64_t>(static_cast<double>(x)));
  else
    words.push_back(static_cast<std::uint64_t>(x));
}
template <class N>
void add_words(Words& words, const std::vector<N>& numbers) {
  words.push_back(numbers.size());
  for (const N& x : numbers) add_words(words, x);
}
template <class T>
void add_words(Words& words, const Tensor<T>& x) {
  add_words(words, x.data());
  words.push_back(static_cast<std::uint64_t>(x.shape().rank()));
  for (int i = 0; i < x.shape().rank(); ++i) add_words(words, x.dim(i));
}
template <HasArrays S>
void add_words(Words& words, const S& s) {
  const auto add = [&](auto member) { add_words(words, s.*member); };
  for_each_member(S::arrays(), add);
  for_each_member(edge_arrays_of<S>(), add);
  for_each_member(numbers_of<S>(), add);
}

}  // namespace regrain
