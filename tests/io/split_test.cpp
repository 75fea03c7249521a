#include "io/split.hpp"

#include <algorithm>

#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

void expect_partition(const Split& split, int n) {
  std::vector<int> all;
  for (const std::vector<int>* part : {&split.train, &split.validation, &split.test}) {
    EXPECT_TRUE(std::ranges::is_sorted(*part));
    all.insert(all.end(), part->begin(), part->end());
  }
  std::ranges::sort(all);
  ASSERT_EQ(all.size(), static_cast<size_t>(n));
  for (int i = 0; i < n; ++i) EXPECT_EQ(all[static_cast<size_t>(i)], i);
}

TEST(Split, EveryFrameOnce) {
  for (const int n : {1, 2, 3, 5, 10, 98, 590, 100000}) {
    expect_partition(random_split(n, 7), n);
    expect_partition(contiguous_split(n), n);
  }
  EXPECT_EQ(random_split(590, 1).test.size(), 59u);
  EXPECT_EQ(random_split(590, 1).train.size(), 472u);
  EXPECT_EQ(random_split(3, 1).validation.size(), 1u);
  EXPECT_TRUE(random_split(2, 1).test.empty());
  expect_error(ErrorKind::input, {"0 frames"}, [] { random_split(0, 1); });
}

TEST(Split, SameSeedSameSplitEverywhere) {
  const Split split = random_split(20, 7);
  // written down once: a change here changes what every trained model was validated on
  EXPECT_EQ(split.validation, (std::vector<int>{5, 14}));
  EXPECT_EQ(split.test, (std::vector<int>{11, 15}));
  EXPECT_NE(random_split(590, 1).test, random_split(590, 2).test);
}

TEST(Split, ContiguousIsInTime) {
  const Split split = contiguous_split(100);
  EXPECT_EQ(split.train.back(), 79);
  EXPECT_EQ(split.validation.front(), 80);
  EXPECT_EQ(split.test.front(), 90);
}

TEST(Split, RandomIsFair) {
  std::vector<int> hits(10, 0);
  for (uint64_t seed = 0; seed < 10000; ++seed) ++hits[static_cast<size_t>(random_split(10, seed).test[0])];
  for (const int n : hits) EXPECT_NEAR(n, 1000, 150);  // five standard deviations
}

}  // namespace
}  // namespace regrain::io
