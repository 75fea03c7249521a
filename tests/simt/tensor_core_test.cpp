// Products by tensor cores: which lane has what, how precise three TF32 products are, and rounding that was forgotten.
#include "kernels/cuda/tensor_core.cuh"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/simt/device_array.hpp"
#include "tests/support/random.hpp"

namespace regrain::kernels {
namespace {

using test::DeviceArray;
const Cuda be{nullptr, nullptr};

// d (16, 8) += a (16, 8) b (8, 8) by one warp, with `parts` products
__global__ void product_kernel(const float* a, const float* b, float* d, bool parts) {
  const int lane = static_cast<int>(threadIdx.x), g = lane / 4, t = lane % 4;
  tensor_core::FragmentA of_a;
  tensor_core::FragmentB of_b;
  for (int i = 0; i < 4; ++i) of_a.set(i, a[(g + i % 2 * 8) * 8 + t + i / 2 * 4]);
  for (int i = 0; i < 2; ++i) of_b.set(i, b[(t + 4 * i) * 8 + g]);
  float sum[4];
  for (int i = 0; i < 4; ++i) sum[i] = d[(g + i / 2 * 8) * 8 + 2 * t + i % 2];
  if (parts) tensor_core::multiply_add(sum, of_a, of_b);
  else tensor_core::multiply_add_tf32(sum, of_a.high, of_b.high);
  for (int i = 0; i < 4; ++i) d[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = sum[i];
}

// largest error of an element, relative to the sum of its absolute products
double error_of(bool parts) {
  const Tensor<float> a = test::random<float>({16, 8}, 1), b = test::random<float>({8, 8}, 2), before = test::random<float>({16, 8}, 3);
  DeviceArray<float> in_a({a.begin(), a.end()}), in_b({b.begin(), b.end()}), out({before.begin(), before.end()});
  launch<product_kernel>(be, 1, 32, 0, in_a.data(), in_b.data(), out.data(), parts);
  const std::vector<float> found = out.values();
  double most = 0;
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t j = 0; j < 8; ++j) {
      double expected = static_cast<double>(before[8 * i + j]), size = std::abs(expected);
      for (std::size_t k = 0; k < 8; ++k) {
        const double product = static_cast<double>(a[8 * i + k]) * static_cast<double>(b[8 * k + j]);
        expected += product;
        size += std::abs(product);
      }
      most = std::max(most, std::abs(static_cast<double>(found[8 * i + j]) - expected) / size);
    }
  return most;
}

TEST(TensorCore, ThreeProductsHaveThePrecisionOfFloat) { EXPECT_LT(error_of(true), 5e-7); }

TEST(TensorCore, OneProductHasThatOfTf32) {
  EXPECT_LT(error_of(false), 1e-3);
  EXPECT_GT(error_of(false), 1e-5);
}

TEST(TensorCore, RoundsToTheNearestTf32) {
  EXPECT_EQ(simt::nearest_tf32(1.f), 0x3F800000u);
  EXPECT_EQ(simt::nearest_tf32(std::bit_cast<float>(0x3F800FFFu)), 0x3F800000u);
  EXPECT_EQ(simt::nearest_tf32(std::bit_cast<float>(0x3F801000u)), 0x3F802000u);  // half way: away from zero
  EXPECT_EQ(simt::nearest_tf32(std::bit_cast<float>(0xBF801000u)), 0xBF802000u);
  EXPECT_EQ(simt::nearest_tf32(std::bit_cast<float>(0x3FFFFFFFu)), 0x40000000u);  // into the next exponent
  EXPECT_TRUE(std::isnan(std::bit_cast<float>(simt::nearest_tf32(std::nanf("")))));
}

__global__ void unrounded_kernel(float x) {
  const std::uint32_t a[4] = {std::bit_cast<std::uint32_t>(x), 0, 0, 0}, b[2] = {};
  float d[4] = {};
  tensor_core::multiply_add_tf32(d, a, b);
}
TEST(TensorCoreDeathTest, ANumberThatIsNoTf32) {
  EXPECT_DEATH(launch<unrounded_kernel>(be, 1, 32, 0, 0.1f), "unrounded_kernel.*no TF32");
}

}  // namespace
}  // namespace regrain::kernels
