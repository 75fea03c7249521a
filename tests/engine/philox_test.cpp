#include "engine/philox.hpp"

#include <gtest/gtest.h>

namespace regrain {
namespace {

// known answers of the authors' Random123 distribution (kat_vectors, philox 4x32 10)
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Philox4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t f = 0xffffffff;
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}), (Philox4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Philox4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, BoxMullerAgreesWithLibm) {
  const Rng rng{.seed = 5};
  for (std::uint32_t i = 0; i < 20000; ++i) {
    const Philox4 b = rng.bits(i);
    const double u = Rng::to_unit(b[0]), v = Rng::to_unit(b[1]);
    const auto [x, y] = Rng::normal_pair(b);
    EXPECT_NEAR(x, std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v), 1e-13);
    EXPECT_NEAR(y, std::sqrt(-2 * std::log(u)) * std::sin(2 * M_PI * v), 1e-13);
  }
  // the extremes: never infinite
  for (std::uint32_t w : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    const auto pair = Rng::normal_pair({w, w, 0, 0});
    EXPECT_TRUE(std::isfinite(pair[0]) && std::isfinite(pair[1])) << w;
  }
}

TEST(Philox, GumbelAgreesWithLibm) {
  const Rng rng{.seed = 5};
  for (std::uint32_t i = 0; i < 20000; ++i) {
    const double expected = -std::log(-std::log(rng.uniform(i)));
    EXPECT_NEAR(rng.gumbel(i), expected, 1e-14 * (1 + std::abs(expected)));
  }
  // the extremes
  for (std::uint32_t w : {0u, 1u, 0x5e2d58d8u, 0x5e2d58d9u, 0x7fffffffu, 0x80000000u, 0xfffffffeu, 0xffffffffu}) {
    const double u = Rng::to_unit(w), expected = -std::log(-std::log(u));
    EXPECT_NEAR(Rng::gumbel_of(u), expected, 1e-14 * (1 + std::abs(expected))) << w;
  }
}

TEST(Philox, NormalMoments) {
  const Rng rng{.seed = 3, .step = 2, .op = 1};
  constexpr int n = 200000;
  double m1 = 0, m2 = 0, m4 = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    const double x = rng.normal(i);
    m1 += x / n;
    m2 += x * x / n;
    m4 += x * x * x * x / n;
  }
  EXPECT_NEAR(m1, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(m2, 1, 5 * std::sqrt(2.0 / n));
  EXPECT_NEAR(m4, 3, 5 * std::sqrt(96.0 / n));
}

TEST(Philox, EveryCoordinateMatters) {
  const Rng a{.seed = 1, .step = 1, .op = 1, .sample = 1};
  const double x = a.normal(7);
  for (Rng b : {Rng{2, 1, 1, 1}, Rng{1, 2, 1, 1}, Rng{1, 1, 2, 1}, Rng{1, 1, 1, 2}, Rng{1ull << 32 | 1, 1, 1, 1}})
    EXPECT_NE(b.normal(7), x);
  EXPECT_NE(a.normal(8), x);
  EXPECT_EQ(a.normal(7), x);
}

TEST(Philox, BelowStaysBelowAndReachesAll) {
  const Rng rng{.seed = 9};
  std::array<int, 7> seen{};
  for (std::uint32_t i = 0; i < 7000; ++i) ++seen[rng.below(i, 7)];
  for (int count : seen) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace regrain
