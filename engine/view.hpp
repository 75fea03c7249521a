// Look at memory somebody else owns: View has its rank in the type, ArrayRef carries it along.
//
// Both are trivially copyable, so closures and kernels take them by value. An ArrayRef turns into
// the View a kernel asks for and checks the rank on the way.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "engine/host_device.hpp"
#include "engine/shape.hpp"

namespace regrain {

template <class T, int Rank>
class View {
 public:
  View() = default;
  REGRAIN_HD View(T* data, std::array<int, Rank> dims) : data_(data), dim_(dims) {}
  // a view of const from a view of non-const
  template <class U>
    requires(std::is_same_v<const U, T>)
  REGRAIN_HD View(const View<U, Rank>& other) : data_(other.data()) {
    for (int i = 0; i < Rank; ++i) dim_[static_cast<std::size_t>(i)] = other.dim(i);
  }

  REGRAIN_HD T* data() const { return data_; }
  REGRAIN_HD int dim(int i) const { return dim_[static_cast<std::size_t>(i)]; }
  REGRAIN_HD std::size_t size() const {
    std::size_t n = 1;
    for (int d : dim_) n *= static_cast<std::size_t>(d);
    return n;
  }
  REGRAIN_HD T* begin() const { return data_; }
  REGRAIN_HD T* end() const { return data_ + size(); }

  template <class... Index>
  REGRAIN_HD T& operator()(Index... index) const {
    static_assert(sizeof...(Index) == Rank);
    std::size_t offset = 0;
    int axis = 0;
    ((REGRAIN_ASSERT(index >= 0 && index < dim(axis)),
      offset = offset * static_cast<std::size_t>(dim(axis++)) + static_cast<std::size_t>(index)),
     ...);
    return data_[offset];
  }
  // first element of row i
  REGRAIN_HD T* row(int i) const {
    REGRAIN_ASSERT(i >= 0 && i <= dim(0));
    std::size_t stride = 1;
    for (int a = 1; a < Rank; ++a) stride *= static_cast<std::size_t>(dim(a));
    return data_ + static_cast<std::size_t>(i) * stride;
  }

 private:
  T* data_ = nullptr;
  std::array<int, Rank> dim_{};
};

template <class T>
class ArrayRef {
 public:
  ArrayRef() = default;
  ArrayRef(T* data, Shape shape) : data_(data), shape_(shape) {}
  template <class U>
    requires(std::is_same_v<const U, T>)
  ArrayRef(const ArrayRef<U>& other) : data_(other.data()), shape_(other.shape()) {}

  T* data() const { return data_; }
  const Shape& shape() const { return shape_; }
  int dim(int i) const { return shape_[i]; }
  std::size_t size() const { return shape_.size(); }
  T* begin() const { return data_; }
  T* end() const { return data_ + size(); }

  template <int Rank>
  View<T, Rank> view() const {
    REGRAIN_CHECK(shape_.rank() == Rank, "array of shape ", shape_.text(), " used as rank ", Rank);
    std::array<int, Rank> dims{};
    for (int i = 0; i < Rank; ++i) dims[static_cast<std::size_t>(i)] = shape_[i];
    return View<T, Rank>(data_, dims);
  }
  template <class U, int Rank>
    requires(std::is_same_v<U, T> || std::is_same_v<U, const T>)
  operator View<U, Rank>() const {
    return view<Rank>();
  }
  // the same elements, flat
  View<T, 1> flat() const {
    REGRAIN_CHECK(size() < (std::size_t{1} << 31), "array of shape ", shape_.text(), " is too large to view flat");
    return View<T, 1>(data_, {static_cast<int>(size())});
  }

 private:
  T* data_ = nullptr;
  Shape shape_;
};

}  // namespace regrain
