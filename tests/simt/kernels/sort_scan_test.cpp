// covers kernels/cuda/sort_scan.cu
#include "kernels/cuda/sort_scan.hpp"

#include <algorithm>
#include <numeric>

#include "tests/simt/device_run.hpp"
#include "tests/support/random.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;
using Key = unsigned long long;

TEST(SortScan, SortPairsIsStableAndLooksAtTheLowestBits) {
  for (int n : {0, 1, 31, 32, 33, 5000})
    for (int bits : {1, 5, 24, 37, 64}) {
      const Rng rng{.seed = static_cast<std::uint64_t>(n + bits)};
      // many equal keys, and some in bits that aren't looked at
      std::vector<Key> key(static_cast<std::size_t>(n));
      std::vector<int> value(key.size());
      for (std::size_t i = 0; i < key.size(); ++i) {
        const auto word = rng.bits(static_cast<std::uint32_t>(i));
        key[i] = (Key{word[0] & 7} << 40) | (word[1] & 63) | (Key{word[3] & 1} << 63);
        value[i] = static_cast<int>(word[2] & 0xFFFF);
      }
      const Key mask = bits == 64 ? ~Key{0} : (Key{1} << bits) - 1;
      std::vector<int> order(key.size());
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return (key[static_cast<std::size_t>(a)] & mask) < (key[static_cast<std::size_t>(b)] & mask);
      });
      std::vector<Key> sorted_key;
      std::vector<int> sorted_value;
      for (int i : order) {
        sorted_key.push_back(key[static_cast<std::size_t>(i)]);
        sorted_value.push_back(value[static_cast<std::size_t>(i)]);
      }
      run_twice([&](Cuda be) {
        const Tensor<Key> keys = to_device(Tensor<Key>::from(key));
        const Tensor<int> values = to_device(Tensor<int>::from(value));
        Tensor<Key> keys_out({n}, device::memory());
        Tensor<int> values_out({n}, device::memory());
        sort_pairs(be, bits, keys, values, keys_out, values_out);
        EXPECT_EQ(from_device(keys_out), sorted_key) << n << " pairs, " << bits << " bits";
        EXPECT_EQ(from_device(values_out), sorted_value) << n << " pairs, " << bits << " bits";
        EXPECT_EQ(be.scratch->bytes_in_use(), 0u);
      });
    }
}

TEST(SortScan, SortPairsRefusesOtherLengths) {
  run_twice([](Cuda be) {
    Tensor<Key> keys({4}, device::memory());
    Tensor<int> values({4}, device::memory()), short_values({3}, device::memory());
    EXPECT_THROW(sort_pairs(be, 8, keys, values, keys, short_values), Error);
    EXPECT_THROW(sort_pairs(be, 0, keys, values, keys, values), Error);
  });
}

TEST(SortScan, ExclusiveSumGoesBeyondAnInt) {
  for (int n : {0, 1, 31, 32, 33, 5000}) {
    std::vector<long long> x(static_cast<std::size_t>(n)), sums(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<long long>(i * 2654435761u % 2000000000u);
    std::exclusive_scan(x.begin(), x.end(), sums.begin(), 0LL);
    EXPECT_TRUE(n < 5000 || sums.back() > 1LL << 32);
    run_twice([&](Cuda be) {
      Tensor<long long> on_device = to_device(Tensor<long long>::from(x));
      exclusive_sum(be, on_device);
      EXPECT_EQ(from_device(on_device), sums) << n << " numbers";
      EXPECT_EQ(be.scratch->bytes_in_use(), 0u);
    });
  }
}

}  // namespace
}  // namespace regrain::kernels
