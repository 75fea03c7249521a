// A tensor owns its memory: 64-byte aligned, zeroed unless one asks otherwise, row-major. For data that lives longer than a
// step: parameters, graphs, batches. What lives for a step comes from an Arena.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "engine/memory.hpp"
#include "engine/view.hpp"

namespace regrain {

template <class T>
class Tensor {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Tensor() : Tensor(Shape{0}) {}
  explicit Tensor(Shape shape) : shape_(shape), data_(allocate(shape.size())) {
    if (size()) std::memset(data(), 0, size() * sizeof(T));
  }
  // Contents not set: for what is written as a whole.
  static Tensor unset(Shape shape) {
    Tensor t;
    t.reshape_unset(shape);
    return t;
  }
  Tensor(Shape shape, const std::vector<T>& values) : shape_(shape), data_(allocate(shape.size())) {
    REGRAIN_CHECK(values.size() == size(), "tensor: ", values.size(), " values for shape ", shape.text());
    if (!values.empty()) std::memcpy(data(), values.data(), size() * sizeof(T));
  }
  static Tensor from(const std::vector<T>& values) { return Tensor({static_cast<int>(values.size())}, values); }

  Tensor(const Tensor& other) : shape_(other.shape_), data_(allocate(other.size())) {
    if (size()) std::memcpy(data(), other.data(), size() * sizeof(T));
  }
  Tensor& operator=(const Tensor& other) {
    if (this != &other) *this = Tensor(other);
    return *this;
  }
  Tensor(Tensor&& other) noexcept
      : shape_(std::exchange(other.shape_, Shape{0})), data_(std::move(other.data_)) {}
  Tensor& operator=(Tensor&& other) noexcept {
    shape_ = std::exchange(other.shape_, Shape{0});
    data_ = std::move(other.data_);
    return *this;
  }

  // Another shape, contents not set. Asks the system for memory only if what it has is too small.
  void reshape_unset(Shape shape) {
    if (!data_ || shape.size() * sizeof(T) > data_.get_deleter().bytes) data_ = allocate(shape.size());
    shape_ = shape;
  }

  const Shape& shape() const { return shape_; }
  int dim(int i) const { return shape_[i]; }
  std::size_t size() const { return shape_.size(); }
  std::size_t bytes() const { return size() * sizeof(T); }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size(); }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }

  ArrayRef<T> ref() { return {data(), shape_}; }
  ArrayRef<const T> ref() const { return {data(), shape_}; }
  template <class U, int Rank>
    requires(std::is_same_v<U, T> || std::is_same_v<U, const T>)
  operator View<U, Rank>() {
    return ref().template view<Rank>();
  }
  template <class U, int Rank>
    requires(std::is_same_v<U, const T>)
  operator View<U, Rank>() const {
    return ref().template view<Rank>();
  }

 private:
  struct Free {
    std::size_t bytes = 0;
    void operator()(T* p) const { free_memory(p, bytes); }
  };
  static std::unique_ptr<T, Free> allocate(std::size_t n) {
    if (n == 0) return nullptr;
    void* p = allocate_memory(n * sizeof(T));
    if (!p) throw std::bad_alloc();
    return std::unique_ptr<T, Free>(static_cast<T*>(p), Free{n * sizeof(T)});
  }

  Shape shape_{0};
  std::unique_ptr<T, Free> data_;
};

}  // namespace regrain
