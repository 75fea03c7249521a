// The extents of an array, row-major, last index contiguous; known at run time.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <initializer_list>
#include <string>

#include "engine/errors.hpp"

namespace regrain {

class Shape {
 public:
  static constexpr int kMaxRank = 4;

  Shape() = default;
  Shape(std::initializer_list<int> dims) {
    REGRAIN_CHECK(dims.size() <= kMaxRank, "shape: rank ", dims.size(), " is above ", kMaxRank);
    for (int d : dims) {
      REGRAIN_CHECK(d >= 0, "shape: negative extent ", d);
      dim_[static_cast<std::size_t>(rank_++)] = d;
    }
  }

  int rank() const { return rank_; }
  int operator[](int i) const {
    assert(i >= 0 && i < rank_);
    return dim_[static_cast<std::size_t>(i)];
  }
  // Number of elements; 1 for rank 0.
  std::size_t size() const {
    std::size_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= static_cast<std::size_t>(dim_[static_cast<std::size_t>(i)]);
    return n;
  }
  bool operator==(const Shape&) const = default;
  // the same with another number of rows; rank 1 or more
  Shape with_rows(int n) const {
    REGRAIN_CHECK(rank_ > 0 && n >= 0, "shape: ", n, " rows of ", text());
    Shape s = *this;
    s.dim_[0] = n;
    return s;
  }

  // "(20, 3, 64)"
  std::string text() const {
    std::string s = "(";
    for (int i = 0; i < rank_; ++i) s += (i ? ", " : "") + std::to_string((*this)[i]);
    return s + ")";
  }

 private:
  std::array<int, kMaxRank> dim_{};
  int rank_ = 0;
};

}  // namespace regrain
