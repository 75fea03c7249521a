#include "kernels/gemm.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "engine/context.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {
namespace {

using kernels::gemm;
using kernels::Trans;
using kernels::Write;

template <class T>
using RowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class T>
class Gemm : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Scalars);

TYPED_TEST(Gemm, AgreesWithEigen) {
  using T = TypeParam;
  Context context(2);
  const double eps = std::is_same_v<T, float> ? 1e-6 : 1e-15;
  for (int m : {0, 1, 5, 6, 7, 24, 97, 200}) {
    for (int n : {0, 1, 15, 16, 17, 40, 300}) {
      for (int k : {0, 1, 3, 255, 256, 257, 600}) {
        for (Trans ta : {Trans::no, Trans::yes}) {
          for (Trans tb : {Trans::no, Trans::yes}) {
            const Tensor<T> a = random<T>(ta == Trans::no ? Shape{m, k} : Shape{k, m}, 1);
            const Tensor<T> b = random<T>(tb == Trans::no ? Shape{k, n} : Shape{n, k}, 2);
            const Tensor<T> bias = random<T>({n}, 3);
            Tensor<T> c = random<T>({m, n}, 4);
            const Eigen::Map<const RowMajor<T>> ea(a.data(), a.dim(0), a.dim(1)), eb(b.data(), b.dim(0), b.dim(1));
            RowMajor<T> expected = Eigen::Map<RowMajor<T>>(c.data(), m, n);
            const RowMajor<T> oa = ta == Trans::no ? RowMajor<T>(ea) : RowMajor<T>(ea.transpose());
            const RowMajor<T> ob = tb == Trans::no ? RowMajor<T>(eb) : RowMajor<T>(eb.transpose());
            const RowMajor<T> product = oa * ob;
            expected += product;
            for (int i = 0; i < m; ++i)
              for (int j = 0; j < n; ++j) expected(i, j) += bias[static_cast<std::size_t>(j)];
            const auto run = [&](Write write, const T* start) {
              context.visit([&](auto be) {
                gemm<T>(be, ta, tb, View<const T, 2>(a), View<const T, 2>(b), View<T, 2>(c), write, start);
              });
            };
            const auto close = [&](const RowMajor<T>& want) {
              const Eigen::Map<const RowMajor<T>> got(c.data(), m, n);
              return (got - want).size() == 0 || (got - want).cwiseAbs().maxCoeff() <= eps * 10 * std::sqrt(k + 1.0) * 5;
            };
            run(Write::accumulate, bias.data());
            EXPECT_TRUE(close(expected)) << m << " " << n << " " << k;
            run(Write::overwrite, nullptr);
            EXPECT_TRUE(close(product)) << m << " " << n << " " << k;
          }
        }
      }
    }
  }
}

// the promise batches and threads rely on: a row's bits depend on that row alone
TYPED_TEST(Gemm, ARowDoesNotKnowItsNeighboursNorTheThreads) {
  using T = TypeParam;
  const int k = 517, n = 333;
  const Tensor<T> a = random<T>({211, k}, 1), b = random<T>({n, k}, 2);
  Tensor<T> all({211, n}), some({211, n});
  Context one(1), two(2);
  two.visit([&](auto be) {
    gemm<T>(be, Trans::no, Trans::yes, View<const T, 2>(a), View<const T, 2>(b), View<T, 2>(all), Write::overwrite);
  });
  int row = 0;
  for (int rows : {1, 2, 5, 6, 7, 13, 100, 77}) {
    const View<const T, 2> part(a.data() + row * k, {rows, k});
    one.visit([&](auto be) {
      gemm<T>(be, Trans::no, Trans::yes, part, View<const T, 2>(b), View<T, 2>(some.data() + row * n, {rows, n}),
              Write::overwrite);
    });
    row += rows;
  }
  ASSERT_EQ(row, 211);
  EXPECT_TRUE(std::equal(all.begin(), all.end(), some.begin()));
}

TEST(GemmShapes, MismatchIsAnError) {
  Context context(1);
  const Tensor<float> a({2, 3}), b({4, 5});
  Tensor<float> c({2, 5});
  context.visit([&](auto be) {
    EXPECT_THROW(gemm<float>(be, Trans::no, Trans::no, View<const float, 2>(a), View<const float, 2>(b),
                             View<float, 2>(c), Write::overwrite),
                 Error);
  });
}

}  // namespace
}  // namespace regrain::test
