// A kernel's Cuda overload against its Cpu overload in double, on the same arrays.
//
//   DeviceCase<T> c;
//   const auto x = c.input({m, f});      // random numbers, others every time; or c.input({m, f}, tensor)
//   const auto i = c.index({m}, 5);      // random integers in [0, 5)
//   const auto y = c.output({n, f});     // uninitialised: all of it must be written
//   const auto dx = c.sum({m, f});       // holds random numbers and is added to
//   const auto g = c.graph(random_graph(n, m, 40, 3));
//   c.expect_same([&](auto on) { neighbor_reduce(on.backend, Reduce::sum, on(g), on(x), on(y)); });
//
// The Cuda overload runs in the emulation in both orders of threads, or twice on a device: the results must
// be the same to the bit, near the reference, and no input may change. `on.is_cuda` and `on.scalar` are there
// for overloads that differ.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "engine/context.hpp"
#include "engine/device.hpp"
#include "kernels/graph.hpp"
#include "tests/simt/needs_device.hpp"
#include "tests/support/random.hpp"
#ifdef REGRAIN_SIMT
#include "tests/simt/emulator.hpp"
#endif

namespace regrain::test {

// Sizes around a warp: what a kernel gets wrong at its ends, it gets wrong at one of these.
inline const std::vector<int> kWarpSizes = {0, 1, 31, 32, 33, 100};

using Scalars = ::testing::Types<float, double>;

// An array of a case. Element is the case's scalar (void) or int.
template <class Element, int Rank, bool is_const>
struct CaseArray {
  std::size_t number;
};
struct CaseGraph {
  std::size_t first, n_dst, n_src, n_edges;
};

template <class T>
class DeviceCase {
 public:
  // values nothing may change; they are rounded to T for both sides
  template <int Rank>
  CaseArray<void, Rank, true> input(const int (&shape)[Rank], Tensor<double> values) {
    return {add(shape_of(shape), rounded(std::move(values)), Role::input)};
  }
  // standard normal numbers times `scale`
  template <int Rank>
  CaseArray<void, Rank, true> input(const int (&shape)[Rank], double scale = 1) {
    return input(shape, random(shape_of(shape), seed(), scale));
  }
  template <int Rank>
  CaseArray<int, Rank, true> input(const int (&shape)[Rank], Tensor<int> values) {
    return {add(shape_of(shape), std::move(values), Role::input)};
  }
  CaseArray<int, 1, true> index(const int (&shape)[1], int below) {
    return input(shape, random_index(shape[0], below, seed()));
  }
  template <int Rank>
  CaseArray<void, Rank, false> output(const int (&shape)[Rank]) {
    Tensor<double> nothing(shape_of(shape));
    for (double& x : nothing) x = std::numeric_limits<double>::quiet_NaN();
    return {add(shape_of(shape), std::move(nothing), Role::result)};
  }
  template <int Rank>
  CaseArray<int, Rank, false> int_output(const int (&shape)[Rank]) {
    Tensor<int> nothing(shape_of(shape));
    for (int& x : nothing) x = -1;
    return {add(shape_of(shape), std::move(nothing), Role::result)};
  }
  template <int Rank>
  CaseArray<void, Rank, false> sum(const int (&shape)[Rank], Tensor<double> before) {
    return {add(shape_of(shape), rounded(std::move(before)), Role::result)};
  }
  template <int Rank>
  CaseArray<void, Rank, false> sum(const int (&shape)[Rank], double scale = 1) {
    return sum(shape, random(shape_of(shape), seed(), scale));
  }
  CaseGraph graph(const kernels::Graph& g) {
    const CaseGraph handle{arrays_.size(), static_cast<std::size_t>(g.n_dst),
                           static_cast<std::size_t>(g.n_src), static_cast<std::size_t>(g.n_edges())};
    for (const Tensor<int>* part : {&g.dst, &g.src, &g.offset, &g.by_src, &g.src_offset})
      add(part->shape(), *part, Role::input);
    return handle;
  }

  // Runs f on both sides. A value may be off by `steps` units of T's precision, relative to itself and the
  // mean size of its array: give how many roundings its longest chain of operations has.
  template <class F>
  void expect_same(F f, double steps = 32) {
    REGRAIN_NEEDS_DEVICE();
    context_.scratch().reset();
    f(HostSide{*this, Cpu{&context_.scratch(), 1}});
    std::vector<std::vector<std::byte>> first, second;
    {
      SCOPED_TRACE("threads in order");
      run_on_device(f, true, first);
      compare(first, steps);
    }
    SCOPED_TRACE("threads in the opposite order");
    run_on_device(f, false, second);
    for (std::size_t a = 0; a < arrays_.size(); ++a)
      ASSERT_TRUE(first[a] == second[a]) << "array " << a << ": two runs give different bits";
  }

  bool tensor_cores = false;  // of the device's side

 private:
  enum class Role { input, result };
  struct Array {
    bool is_int;
    Role role;
    Tensor<double> before, reference;  // of scalars
    Tensor<int> whole_before, whole;   // of integers
    void* on_device = nullptr;

    Shape shape() const { return is_int ? whole.shape() : before.shape(); }
    std::size_t bytes() const { return shape().size() * (is_int ? sizeof(int) : sizeof(T)); }
  };

  template <class U, int Rank>
  static View<U, Rank> view_of(void* data, const Shape& shape) {
    return ArrayRef<U>(static_cast<U*>(data), shape).template view<Rank>();
  }
  template <bool is_const, class U>
  using Constness = std::conditional_t<is_const, const U, U>;

  // What f gets: the tag, and arrays and graphs as views of the side's memory.
  struct HostSide {
    DeviceCase& of;
    Cpu backend;
    using scalar = double;
    static constexpr bool is_cuda = false;

    template <int Rank, bool is_const>
    View<Constness<is_const, double>, Rank> operator()(CaseArray<void, Rank, is_const> a) const {
      Array& array = of.arrays_[a.number];
      return view_of<Constness<is_const, double>, Rank>(array.reference.data(), array.shape());
    }
    template <int Rank, bool is_const>
    View<Constness<is_const, int>, Rank> operator()(CaseArray<int, Rank, is_const> a) const {
      Array& array = of.arrays_[a.number];
      return view_of<Constness<is_const, int>, Rank>(array.whole.data(), array.shape());
    }
    kernels::GraphView operator()(CaseGraph g) const {
      return of.graph_view(g, [](Array& a) { return a.whole.data(); });
    }
  };
  struct DeviceSide {
    DeviceCase& of;
    Cuda backend;
    using scalar = T;
    static constexpr bool is_cuda = true;

    template <int Rank, bool is_const>
    View<Constness<is_const, T>, Rank> operator()(CaseArray<void, Rank, is_const> a) const {
      Array& array = of.arrays_[a.number];
      return view_of<Constness<is_const, T>, Rank>(array.on_device, array.shape());
    }
    template <int Rank, bool is_const>
    View<Constness<is_const, int>, Rank> operator()(CaseArray<int, Rank, is_const> a) const {
      Array& array = of.arrays_[a.number];
      return view_of<Constness<is_const, int>, Rank>(array.on_device, array.shape());
    }
    kernels::GraphView operator()(CaseGraph g) const {
      return of.graph_view(g, [](Array& a) { return static_cast<const int*>(a.on_device); });
    }
  };

  template <class Pointer>
  kernels::GraphView graph_view(CaseGraph g, Pointer pointer) {
    const auto part = [&](std::size_t i) { return pointer(arrays_[g.first + i]); };
    return {static_cast<int>(g.n_dst),
            static_cast<int>(g.n_src),
            static_cast<int>(g.n_edges),
            part(0),
            part(1),
            part(2),
            part(3),
            part(4)};
  }

  static Tensor<double> rounded(Tensor<double> values) {
    for (double& x : values) x = static_cast<double>(static_cast<T>(x));
    return values;
  }
  template <int Rank>
  static Shape shape_of(const int (&dims)[Rank]) {
    if constexpr (Rank == 1) return Shape{dims[0]};
    if constexpr (Rank == 2) return Shape{dims[0], dims[1]};
    if constexpr (Rank == 3) return Shape{dims[0], dims[1], dims[2]};
    if constexpr (Rank == 4) return Shape{dims[0], dims[1], dims[2], dims[3]};
  }
  // of the next array
  std::uint64_t seed() const { return arrays_.size() + 1; }

  std::size_t add(const Shape& shape, Tensor<double> before, Role role) {
    REGRAIN_CHECK(before.shape() == shape, "device case: array of shape ", before.shape().text(), " for ",
                  shape.text());
    arrays_.push_back({false, role, before, before, {}, {}});
    return arrays_.size() - 1;
  }
  std::size_t add(const Shape& shape, Tensor<int> before, Role role) {
    REGRAIN_CHECK(before.shape() == shape, "device case: array of shape ", before.shape().text(), " for ",
                  shape.text());
    arrays_.push_back({true, role, {}, {}, before, before});
    return arrays_.size() - 1;
  }

  // the array as it is before the kernel runs, in the device's types
  static std::vector<std::byte> contents(const Array& a) {
    std::vector<std::byte> bytes(a.bytes());
    if (bytes.empty()) return bytes;
    if (a.is_int) {
      std::memcpy(bytes.data(), a.whole_before.data(), bytes.size());
    } else {
      std::vector<T> values(a.before.begin(), a.before.end());
      std::memcpy(bytes.data(), values.data(), bytes.size());
    }
    return bytes;
  }

  template <class F>
  void run_on_device(F f, [[maybe_unused]] bool forward, std::vector<std::vector<std::byte>>& results) {
#ifdef REGRAIN_SIMT
    simt::set_order(forward ? simt::Order::forward : simt::Order::reverse);
#endif
    std::vector<std::vector<std::byte>> before;
    for (Array& a : arrays_) {
      a.on_device = device::allocate(a.bytes());
      before.push_back(contents(a));
      device::copy_to_device(a.on_device, before.back().data(), a.bytes(), nullptr);
    }
    {
      Arena scratch(device::memory());
      f(DeviceSide{*this, Cuda{&scratch, nullptr, tensor_cores}});
      device::synchronise(nullptr);
    }
    for (std::size_t i = 0; i < arrays_.size(); ++i) {
      Array& a = arrays_[i];
      results.emplace_back(a.bytes());
      device::copy_to_host(results.back().data(), a.on_device, a.bytes(), nullptr);
      device::synchronise(nullptr);
      device::free(a.on_device);
      EXPECT_TRUE(a.role == Role::result || results.back() == before[i])
          << "array " << i << ": an input changed";
    }
#ifdef REGRAIN_SIMT
    simt::set_order(simt::Order::forward);
#endif
  }

  void compare(const std::vector<std::vector<std::byte>>& results, double steps) const {
    for (std::size_t i = 0; i < arrays_.size(); ++i) {
      const Array& a = arrays_[i];
      if (a.role != Role::result || a.bytes() == 0) continue;
      if (a.is_int) {
        ASSERT_EQ(std::memcmp(results[i].data(), a.whole.data(), a.bytes()), 0)
            << "array " << i << ": other integers";
        continue;
      }
      std::vector<T> values(a.before.size());
      std::memcpy(values.data(), results[i].data(), a.bytes());
      double size = 0;
      for (double x : a.reference) size += std::abs(x) / static_cast<double>(values.size());
      for (std::size_t k = 0; k < values.size(); ++k) {
        const double expected = a.reference[k], found = static_cast<double>(values[k]);
        const double allowed =
            steps * static_cast<double>(std::numeric_limits<T>::epsilon()) * (std::abs(expected) + size);
        // written so that NaN fails
        ASSERT_TRUE(std::abs(found - expected) <= allowed)
            << "array " << i << ", element " << k << " of " << a.shape().text() << ": " << found
            << " instead of " << expected;
      }
    }
  }

  Context context_{1};
  std::vector<Array> arrays_;
};

}  // namespace regrain::test
