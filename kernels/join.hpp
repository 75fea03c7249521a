// Arrays and graphs of several frames one behind another: copies with offsets, nothing is sorted or measured
// anew.
//
// A batch is put together so at every step, from parts that were made once. `out` keeps its memory where that
// is large enough. `get` picks a member: a pointer to it, or a function of part -> reference. All sums of
// edges stay in the order they have in the parts, so the bits of a frame don't depend on what it is batched
// with.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "kernels/edge_filter.hpp"

namespace regrain::kernels {

template <class Part>
using Parts = std::vector<const Part*>;  // one or more

// Rows of all parts. f(value, index of the part) -> the value to be stored.
template <class Part, class Get, class F>
void join_rows_as(const Parts<Part>& parts, Part& out, Get get, F f) {
  const auto& first = std::invoke(get, *parts.front());
  int rows = 0;
  for (const Part* p : parts) rows += std::invoke(get, *p).dim(0);
  auto& joined = std::invoke(get, out);
  joined.reshape_unset(first.shape().with_rows(rows));
  auto* to = joined.begin();
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const auto& rows_of_part = std::invoke(get, *parts[p]);
    REGRAIN_CHECK(rows_of_part.shape().with_rows(0) == first.shape().with_rows(0), "join: rows of ",
                  rows_of_part.shape().text(), " behind rows of ", first.shape().text());
    to = std::transform(rows_of_part.begin(), rows_of_part.end(), to, [&](auto x) { return f(x, p); });
  }
}
template <class Part, class Get>
void join_rows(const Parts<Part>& parts, Part& out, Get get) {
  join_rows_as(parts, out, get, [](auto x, std::size_t) { return x; });
}
// The same for indices: offset[p] is added in part p; negative ones stay.
template <class Part, class Get>
void join_indices(const Parts<Part>& parts, Part& out, Get get, const std::vector<int>& offset) {
  join_rows_as(parts, out, get, [&](int i, std::size_t p) { return i < 0 ? i : i + offset[p]; });
}

// Graphs whose nodes follow each other, all for walks both ways or all for walks along the receivers.
void join(const Parts<Graph>& parts, Graph& out);
// The same with geometry. The matrices of dense frames are shared with the parts. Cutoff and radial functions
// must be those of the first part, and either all parts have frames (node_offset) or none.
template <class T>
void join(const Parts<FilterGraph<T>>& parts, FilterGraph<T>& out);

// Members that can be joined.
template <class Part, class Get>
void join_member(const Parts<Part>& parts, Part& out, Get get) {
  using Member = std::remove_cvref_t<decltype(std::invoke(get, out))>;
  Parts<Member> members;
  for (const Part* p : parts) members.push_back(&std::invoke(get, *p));
  join(members, std::invoke(get, out));
}

// Part f is make(f), f = 0 .. n - 1, n at least 1.
template <class Part, class F>
Part joined(std::size_t n, F make) {
  REGRAIN_CHECK(n > 0, "join: nothing to join");
  std::vector<Part> made;
  for (std::size_t f = 0; f < n; ++f) made.push_back(make(f));
  if (n == 1) return std::move(made.front());
  Parts<Part> parts;
  for (const Part& p : made) parts.push_back(&p);
  Part out;
  join(parts, out);
  return out;
}

}  // namespace regrain::kernels
