// Draws of chi angles have the distribution that the true angles had before the likelihood widened them.
#include "kernels/chi_draws.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/context.hpp"
#include "engine/tensor.hpp"

namespace regrain::test {
namespace {

using namespace kernels;

constexpr double kDegree = 3.14159265358979323846 / 180;

// logits whose softmax is the mean target of angles of two wells of the same spread, as a network with enough data learns it
std::vector<double> learned(double first, double second, double share, double spread, int bins) {
  std::vector<double> p(static_cast<std::size_t>(bins)), target(p.size());
  for (int q = -300; q <= 300; ++q) {
    const double weight = std::exp(-0.5 * q * q / 1e4);
    for (const auto& [centre, part] : {std::pair(first, share), std::pair(second, 1 - share)}) {
      angle_target(centre + spread * q / 100, 1, bins, target.data());
      for (std::size_t b = 0; b < p.size(); ++b) p[b] += part * weight * target[b];
    }
  }
  for (double& x : p) x = std::log(x);
  return p;
}

struct Wells {
  double share = 0, off = 0, spread = 0;  // of the first one: how many draws, degrees from its centre, degrees
};

// Residues with one chi, whose logits are `bias` whatever else is known.
struct OneChi {
  static constexpr int kWidth = 16;
  std::vector<double> bias;
  Tensor<double> given, draw{{kWidth, 0}}, logits, chi;
  std::array<Tensor<double>, 3> later{Tensor<double>({kWidth, 8}), Tensor<double>({kWidth, 16}), Tensor<double>({kWidth, 24})};
  Tensor<int> symmetry, bins, sets, rows;
  ChiDrawing<double> d;

  OneChi(int n, int n_draws, std::vector<double> logits_of_bins)
      : bias(std::move(logits_of_bins)), given({n, kWidth}), logits({static_cast<int>(bias.size()), kWidth}), chi({n, n_draws, kChi}), symmetry({n, kChi}),
        bins({n, n_draws}), sets(Tensor<int>::from({0, n})), rows({n}) {
    for (int i = 0; i < n; ++i) symmetry[static_cast<std::size_t>(4 * i)] = 1;
    std::iota(rows.begin(), rows.end(), 0);
    const View<const double, 1> bias_B(bias.data(), {logits.dim(0)});
    d.head = {ChiHead<double>{given, draw, logits, bias_B}, {given, later[0], logits, bias_B}, {given, later[1], logits, bias_B}, {given, later[2], logits, bias_B}};
    d.mu_KL = d.logvar_KL = View<const double, 2>(nullptr, {n, 0});
    d.row_of_N = rows;
    d.symmetry_N4 = symmetry;
    d.first_of_set_G1 = sets;
    d.first_is_mode = false;
    d.n_draws = n_draws;
  }
  void draw_all(std::uint64_t seed) {
    Context context(2);
    draw_chi<double>(context.host(), d, Tensor<Rng>::from({Rng{.seed = seed, .op = 1}}), chi, bins);
  }
  // of draw s of residue i from an angle, degrees
  double off(int i, int s, double angle) const {
    return std::remainder(chi[static_cast<std::size_t>((i * d.n_draws + s) * kChi)] - angle, 360 * kDegree) / kDegree;
  }
};

constexpr double kFirstWell = -62 * kDegree, kSecondWell = 175 * kDegree;

Wells drawn(double spread, bool first_is_mode = false) {
  constexpr int n = 60, n_draws = 200;
  OneChi c(n, n_draws, learned(kFirstWell, kSecondWell, 0.7, spread * kDegree, 36));
  c.d.first_is_mode = first_is_mode;
  c.draw_all(3);
  Wells w;
  int count = 0;
  double sum = 0, square = 0;
  for (int i = 0; i < n; ++i)
    for (int s = 0; s < n_draws; ++s) {
      const double off = c.off(i, s, kFirstWell);
      if (first_is_mode && s == 0) {
        EXPECT_LT(std::abs(off), 1);
      }
      if (std::abs(off) > 60) continue;
      ++count;
      sum += off;
      square += off * off;
    }
  w.share = static_cast<double>(count) / (n * n_draws);
  w.off = sum / count;
  w.spread = std::sqrt(square / count - w.off * w.off);
  return w;
}

TEST(ChiDraws, AreSpreadAsTheTruthWas) {
  for (double spread : {6.0, 8.0}) {
    const Wells w = drawn(spread);
    EXPECT_NEAR(w.share, 0.7, 0.02) << spread;
    EXPECT_NEAR(w.off, 0, 0.5) << spread;
    // twice as wide, 15 and 16 degrees, without the way back
    EXPECT_NEAR(w.spread, spread, 1.5) << spread;
  }
}

// Of 32 draws of one distribution each has its own thirty-second part: shares and means scatter far less than those of
// draws that know nothing of each other.
TEST(ChiDraws, OfALotAreSpreadEvenly) {
  constexpr int n = 200, n_draws = 32, bins = 36;
  OneChi c(n, n_draws, learned(kFirstWell, kSecondWell, 0.7, 8 * kDegree, bins));
  c.draw_all(5);
  double sum = 0, square = 0;
  for (int i = 0; i < n; ++i) {
    int first_well = 0;
    for (int s = 0; s < n_draws; ++s) {
      first_well += std::abs(c.off(i, s, kFirstWell)) < 60;
      EXPECT_GE(c.bins[static_cast<std::size_t>(i * n_draws + s)], 0);
      EXPECT_LT(c.bins[static_cast<std::size_t>(i * n_draws + s)], bins);
    }
    sum += first_well;
    square += first_well * first_well;
  }
  EXPECT_NEAR(sum / n / n_draws, 0.7, 0.01);
  EXPECT_LT(std::sqrt(square / n - sum / n * sum / n), 0.8);  // 2.6 if they were independent
}

TEST(ChiDraws, BeginWithTheMode) { drawn(8, true); }

TEST(ChiDraws, RefuseMoreThanThereIsRoomFor) {
  Context context(1);
  const Tensor<double> given({1, 16}), logits({4, 16}), bias({4}), draw({16, 0}), d1({16, 8}), d2({16, 16}), d3({16, 24});
  const Tensor<int> symmetry({1, kChi}), sets = Tensor<int>::from({0, 1}), rows({1});
  ChiDrawing<double> d;
  d.head = {ChiHead<double>{given, draw, logits, bias}, {given, d1, logits, bias}, {given, d2, logits, bias}, {given, d3, logits, bias}};
  d.mu_KL = d.logvar_KL = View<const double, 2>(nullptr, {1, 0});
  d.row_of_N = rows;
  d.symmetry_N4 = symmetry;
  d.first_of_set_G1 = sets;
  d.first_draw = 3;
  d.n_draws = 2;
  Tensor<double> chi({1, 4, kChi});
  Tensor<int> bins({1, 4});
  const Tensor<Rng> rng({1});
  EXPECT_THROW(draw_chi<double>(context.host(), d, rng, chi, bins), Error);
}

}  // namespace
}  // namespace regrain::test
