// Tensors and structures of them between the host and the memory of a context's backend.
#pragma once

#include <algorithm>
#include <bit>

#include "engine/arrays.hpp"
#include "engine/context.hpp"

namespace regrain {

// Rows an array gets for the rows there are, where it has had some before.
using Room = int (*)(int rows, int before);

inline int exact_room(int rows, int) { return rows; }

// What it had if that is enough and no more than a quarter too much; otherwise at most an eighth more than is needed.
// So arrays of about the same size soon are of the same, and what was recorded for one is good for the others.
inline int stepped_room(int rows, int before) {
  REGRAIN_CHECK(rows <= (1 << 30), "transfer: ", rows, " rows are too many");
  const int step = std::max(64, static_cast<int>(std::bit_floor(static_cast<unsigned>(rows)) / 8));
  if (rows <= before && before <= rows + std::max(rows / 4, step)) return before;
  return (rows + step - 1) / step * step;
}

// `from` on the host to where the context's kernels can read it, rows of zeros behind it where `room` gives more. `to`
// keeps its memory where that is large enough, if it is of the context's.
template <class T>
void copy_to_backend(Context& context, const Tensor<T>& from, Tensor<T>& to, Room room = exact_room) {
  if (&to.source() != &context.memory()) to = Tensor<T>({0}, context.memory());
  const Shape shape = from.shape().rank() == 0 ? from.shape() : from.shape().with_rows(room(from.dim(0), to.dim(0)));
  to.reshape_unset(shape);
  context.write(to.data(), from.data(), from.bytes());
  if (to.bytes() > from.bytes()) context.zero(to.data() + from.size(), to.bytes() - from.bytes());
}

// All arrays and numbers of a structure. Arrays with a row an edge get their room from `edge_room`: launches then have
// the size of the room, and how many edges there are is what the offsets of their graph end with.
template <HasArrays S>
void copy_members_to_backend(Context& context, const S& from, S& to, Room edge_room) {
  for_each_member(S::arrays(), [&](auto member) {
    if constexpr (HasArrays<std::remove_cvref_t<decltype(from.*member)>>)
      copy_to_backend(context, from.*member, to.*member, edge_room);
    else
      copy_to_backend(context, from.*member, to.*member);
  });
  for_each_member(edge_arrays_of<S>(), [&](auto member) { copy_to_backend(context, from.*member, to.*member, edge_room); });
  for_each_member(numbers_of<S>(), [&](auto member) { to.*member = from.*member; });
}
// A structure with more to copy than it lists has an overload of its own.
template <HasArrays S>
void copy_to_backend(Context& context, const S& from, S& to, Room edge_room = exact_room) {
  copy_members_to_backend(context, from, to, edge_room);
}

// A copy where the context's kernels can read it; on the CPU that is the host again.
template <class T>
Tensor<T> to_backend(Context& context, const Tensor<T>& x) {
  Tensor<T> copy({0}, context.memory());
  copy_to_backend(context, x, copy);
  return copy;
}
template <HasArrays S>
S to_backend(Context& context, const S& s) {
  S copy;
  copy_to_backend(context, s, copy);
  return copy;
}

// `s` itself where kernels read the host's memory; otherwise a copy for them, in `there`.
template <HasArrays S>
const S& on_backend(Context& context, const S& s, S& there) {
  if (context.device() == Device::cpu) return s;
  copy_to_backend(context, s, there);
  return there;
}

// The way back; waits for the device.
template <class T>
Tensor<T> to_host(Context& context, const Tensor<T>& x) {
  Tensor<T> copy(x.shape());
  context.read(copy.data(), x.data(), x.size() * sizeof(T));
  return copy;
}

}  // namespace regrain
