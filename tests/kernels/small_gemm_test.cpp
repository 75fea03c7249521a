#include "kernels/small_gemm.hpp"

#include <gtest/gtest.h>

#include "tests/support/random.hpp"

namespace regrain::test {
namespace {

template <class T>
class SmallGemm : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(SmallGemm, Scalars);

TYPED_TEST(SmallGemm, IsTheSumOverK) {
  using T = TypeParam;
  const double eps = std::is_same_v<T, float> ? 1e-5 : 1e-13;
  for (int m : {0, 1, 4, 5, 7, 12})
    for (int n : {8, 16, 24, 32, 40, 56, 72, 88}) {
      if (n < kernels::kLanes<T>) continue;
      for (int depth : {0, 1, 20})
        for (bool transposed : {false, true})
          for (bool accumulate : {false, true}) {
            const Tensor<T> a = random<T>({m, depth}, 1), b = random<T>({depth, n}, 2),
                            start = random<T>({m, n}, 3);
            Tensor<T> c = start;
            const std::ptrdiff_t row = transposed ? 1 : depth, col = transposed ? m : 1;
            kernels::small_gemm<T>(m, n, depth, a.data(), row, col, b.data(), n, c.data(), n, accumulate);
            for (int i = 0; i < m; ++i)
              for (int j = 0; j < n; ++j) {
                double sum = accumulate ? static_cast<double>(start[i * n + j]) : 0;
                for (int k = 0; k < depth; ++k)
                  sum += static_cast<double>(a[static_cast<std::size_t>(i * row + k * col)]) *
                         static_cast<double>(b[k * n + j]);
                EXPECT_NEAR(static_cast<double>(c[i * n + j]), sum, eps * 10);
              }
          }
    }
}

}  // namespace
}  // namespace regrain::test
