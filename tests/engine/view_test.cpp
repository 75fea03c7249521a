#include "engine/view.hpp"

#include <gtest/gtest.h>

#include "engine/tensor.hpp"

namespace regrain {
namespace {

TEST(View, IndexesRowMajor) {
  Tensor<int> t({2, 3, 4});
  for (std::size_t i = 0; i < t.size(); ++i) t[i] = static_cast<int>(i);
  const View<const int, 3> v = t;
  EXPECT_EQ(v(1, 2, 3), 23);
  EXPECT_EQ(v(0, 1, 0), 4);
  EXPECT_EQ(*v.row(1), 12);
  EXPECT_EQ(t.ref().flat().dim(0), 24);
}

TEST(View, TheWrongRankIsAnErrorWithTheShape) {
  const Tensor<int> t({2, 3});
  try {
    t.ref().view<3>();
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("(2, 3)"), std::string::npos);
  }
}

TEST(Shape, SizesAndErrors) {
  EXPECT_EQ(Shape({}).size(), 1u);
  EXPECT_EQ(Shape({3, 0, 2}).size(), 0u);
  EXPECT_EQ(Shape({100000, 100000}).size(), 10000000000u);
  EXPECT_THROW(Shape({-1}), Error);
  EXPECT_THROW(Shape({1, 1, 1, 1, 1}), Error);
}

TEST(Tensor, CopiesAndMoves) {
  Tensor<float> a({2, 2}, {1, 2, 3, 4});
  Tensor<float> b = a;
  b[0] = 9;
  EXPECT_EQ(a[0], 1);
  Tensor<float> c = std::move(a);
  EXPECT_EQ(c[3], 4);
  EXPECT_EQ(a.size(), 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(c.data()) % 64, 0u);
  EXPECT_THROW(Tensor<float>({3}, {1.f}), Error);
}

}  // namespace
}  // namespace regrain
