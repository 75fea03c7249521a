// A tensor owns its memory: row-major, of the host (64-byte aligned, zeroed unless one asks otherwise), or of the
// backend a context works with: to_backend. It stays with the source of memory it was made for. For data that lives
// longer than a step: parameters, graphs, batches. What lives for a step comes from an Arena.
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
  explicit Tensor(Shape shape) : Tensor(shape, host_memory()) {
    if (size()) std::memset(static_cast<void*>(data()), 0, size() * sizeof(T));
  }
  // not initialised; the source must outlive the tensor
  Tensor(Shape shape, const MemorySource& source) : shape_(shape), data_(allocate(shape.size(), source)) {}
  // Contents not set: for what is written as a whole.
  static Tensor unset(Shape shape) { return Tensor(shape, host_memory()); }
  Tensor(Shape shape, const std::vector<T>& values) : Tensor(shape, host_memory()) {
    REGRAIN_CHECK(values.size() == size(), "tensor: ", values.size(), " values for shape ", shape.text());
    if (!values.empty()) std::memcpy(data(), values.data(), size() * sizeof(T));
  }
  static Tensor from(const std::vector<T>& values) { return Tensor({static_cast<int>(values.size())}, values); }

  // of host memory alone
  Tensor(const Tensor& other) : Tensor(other.shape_, host_memory()) {
    REGRAIN_CHECK(other.on_host(), "tensor: a copy of device memory by way of the host; use Context::read");
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

  // Another shape, contents not set. Asks for memory, of the same source, only if what it has is too small.
  void reshape_unset(Shape shape) {
    const Free& now = data_.get_deleter();
    if (shape.size() * sizeof(T) > now.bytes) data_ = allocate(shape.size(), *now.source);
    shape_ = shape;
  }

  const Shape& shape() const { return shape_; }
  int dim(int i) const { return shape_[i]; }
  std::size_t size() const { return shape_.size(); }
  std::size_t bytes() const { return size() * sizeof(T); }
  const MemorySource& source() const { return *data_.get_deleter().source; }
  bool on_host() const { return data_.get_deleter().source->on_host; }
  // of the host's or the device's memory; elements and iterators are for tensors of the host
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
    const MemorySource* source = nullptr;
    std::size_t bytes = 0;
    void operator()(T* p) const { source->free(p, bytes); }
  };
  static std::unique_ptr<T, Free> allocate(std::size_t n, const MemorySource& source) {
    if (n == 0) return std::unique_ptr<T, Free>(nullptr, Free{&source, 0});
    void* p = source.allocate(n * sizeof(T));
    if (!p && !source.on_host)
      throw OutOfMemory(concat("out of memory of the device: ", (n * sizeof(T)) >> 20, " MiB more; take a smaller batch"));
    if (!p) throw std::bad_alloc();
    return std::unique_ptr<T, Free>(static_cast<T*>(p), Free{&source, n * sizeof(T)});
  }

  Shape shape_{0};
  std::unique_ptr<T, Free> data_;
};

}  // namespace regrain
