// covers kernels/cuda/chi_draws.cu
#include "kernels/chi_draws.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct ChiDrawsOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(ChiDrawsOnDevice, Scalars);

struct DrawSizes {
  int n, draws, h, bins, latent, skipped = 0, wide = 0;
};
// lots of draws cut short, whole and one more; bins and channels beside a warp's rows
const DrawSizes kDrawSizes[] = {{0, 4, 16, 36, 8},   {1, 1, 16, 36, 0}, {1, 31, 32, 33, 8},  {2, 32, 48, 36, 3}, {3, 33, 16, 128, 8},
                                {31, 3, 64, 36, 32}, {32, 2, 16, 5, 8}, {33, 1, 128, 36, 8}, {2, 70, 16, 1, 1}};

struct HeadOfCase {
  CaseArray<void, 2, true> given, draw, logits;
  CaseArray<void, 1, true> bias;
};

// residues of 0 to 4 chi, the last of them with up to three images
Tensor<int> symmetries(int n) {
  Tensor<int> s({n, 4});
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < (i + 4) % 5; ++k) s[static_cast<std::size_t>(4 * i + k)] = k + 1 == (i + 4) % 5 ? 1 + i % 3 : 1;
  return s;
}

// every second residue is a copy of the one before it, the last of the first
Tensor<int> rows_of_copies(int n) {
  Tensor<int> rows({n});
  for (int i = 0; i < n; ++i) rows[static_cast<std::size_t>(i)] = i + 1 < n ? i - i % 2 : 0;
  return rows;
}

// three frames, one of them empty
Tensor<int> keys() {
  Tensor<int> words({12});
  for (std::uint16_t f = 0; f < 3; ++f) {
    const Rng rng{.seed = 11, .step = f, .op = 4, .sample = f};
    std::memcpy(words.data() + 4 * f, &rng, sizeof(Rng));
  }
  static_assert(sizeof(Rng) == 4 * sizeof(int));
  return words;
}

// Which bin a draw falls into may hang on a logit's last bits; with these numbers it never does.
template <class T>
void expect_draws(const DrawSizes& z, double temperature, bool mode) {
  SCOPED_TRACE(concat(z.n, " residues, ", z.draws, " draws, ", z.h, " channels, ", z.bins, " bins, latent ", z.latent));
  DeviceCase<T> c;
  std::vector<HeadOfCase> heads;
  for (int k = 0; k < kChi; ++k) {
    const int h = z.h + 16 * (k % 2), inputs = kTurnFeatures * k + z.latent;
    heads.push_back({c.input({z.n, h}), c.input({h, inputs}, 0.3), c.input({z.bins, h}, 0.25), c.input({z.bins})});
  }
  const auto mu = c.input({z.n, z.latent}), logvar = c.input({z.n, z.latent});
  const auto symmetry = c.input({z.n, 4}, symmetries(z.n));
  const auto row_of = c.input({z.n}, rows_of_copies(z.n));
  const auto first = c.input({4}, Tensor<int>::from({0, z.n / 3, z.n / 3, z.n}));
  const auto rng = c.input({12}, keys());
  const auto chi = c.sum({z.n, z.skipped + z.draws, 4});  // the draws before keep what they hold
  const auto drawn_by = c.int_output({z.n, z.skipped + z.draws});
  c.expect_same(
      [&](auto on) {
        using S = typename decltype(on)::scalar;
        ChiDrawing<S> d;
        for (std::size_t k = 0; k < kChi; ++k) d.head[k] = {on(heads[k].given), on(heads[k].draw), on(heads[k].logits), on(heads[k].bias)};
        d.mu_KL = on(mu);
        d.logvar_KL = on(logvar);
        d.row_of_N = on(row_of);
        d.symmetry_N4 = on(symmetry);
        d.first_of_set_G1 = on(first);
        d.temperature = temperature;
        d.first_is_mode = mode;
        d.first_draw = z.skipped;
        d.n_draws = z.draws;
        d.n_wide = z.wide;
        d.wide_temperature = 3;
        draw_chi<S>(on.backend, d, View<const Rng, 1>(reinterpret_cast<const Rng*>(on(rng).data()), {3}), on(chi), on(drawn_by));
      },
      2000);
}

TYPED_TEST(ChiDrawsOnDevice, AreThoseOfTheCpu) {
  for (const DrawSizes& z : kDrawSizes) expect_draws<TypeParam>(z, 1, true);
}

TYPED_TEST(ChiDrawsOnDevice, AtOtherTemperatures) {
  for (double temperature : {0.0, 0.5, 2.0}) expect_draws<TypeParam>({5, 7, 32, 36, 8}, temperature, false);
}

TYPED_TEST(ChiDrawsOnDevice, BehindThoseOfOthersAndWideOnes) {
  expect_draws<TypeParam>({5, 7, 32, 36, 8, 3}, 1, true);
  expect_draws<TypeParam>({3, 33, 16, 36, 2, 31}, 1, false);
  expect_draws<TypeParam>({5, 40, 32, 36, 8, 3, 11}, 0.8, true);
  expect_draws<TypeParam>({2, 4, 32, 36, 8, 0, 4}, 1, false);
}

}  // namespace
}  // namespace regrain::kernels
