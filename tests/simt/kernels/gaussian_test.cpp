// covers kernels/cuda/gaussian.cu
#include "kernels/gaussian.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct GaussianOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(GaussianOnDevice, Scalars);

// no tolerance: noise is the same on every backend
TYPED_TEST(GaussianOnDevice, FillNormalHasTheBitsOfTheCpu) {
  for (int n : {0, 1, 31, 32, 33, 5000}) {
    DeviceCase<TypeParam> c;
    const Rng rng{.seed = 7, .step = 3, .op = 2, .sample = 1};
    Tensor<TypeParam> expected({n});
    fill_normal<TypeParam>(Cpu{nullptr, 1}, rng, 5, expected);
    const auto eps = c.output({n});
    c.expect_same(
        [&](auto on) {
          if constexpr (on.is_cuda)
            fill_normal(on.backend, rng, 5, on(eps));
          else
            std::copy(expected.begin(), expected.end(), on(eps).begin());
        },
        0);
  }
}

TYPED_TEST(GaussianOnDevice, Draw) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const auto mu = c.input({n}), logvar = c.input({n}), eps = c.input({n});
    const auto z = c.output({n});
    c.expect_same([&](auto on) { gaussian_draw(on.backend, on(mu), on(logvar), kPosteriorFloor, on(eps), on(z)); });
  }
}

TYPED_TEST(GaussianOnDevice, DrawBackward) {
  for (int n : kWarpSizes)
    for (int wanted : {1, 2, 3}) {
      DeviceCase<TypeParam> c;
      const auto logvar = c.input({n}), eps = c.input({n}), dz = c.input({n});
      const auto dmu = c.sum({n}), dlogvar = c.sum({n});
      c.expect_same([&](auto on) {
        using S = typename decltype(on)::scalar;
        gaussian_draw_backward<S>(on.backend, on(logvar), on(eps), on(dz), wanted & 1 ? on(dmu) : View<S, 1>(),
                                  wanted & 2 ? on(dlogvar) : View<S, 1>());
      });
    }
}

// nodes, latents
const std::pair<int, int> kSizes[] = {{0, 5}, {1, 1}, {31, 1}, {4, 8}, {33, 1}, {300, 130}};

TYPED_TEST(GaussianOnDevice, Kl) {
  for (const auto& [n, d] : kSizes)
    for (KlForm form : {KlForm::reference, KlForm::exact}) {
      DeviceCase<TypeParam> c;
      const auto mu = c.input({n, d}), logvar = c.input({n, d}), prior_mu = c.input({n, d}), prior_logvar = c.input({n, d});
      const auto kl = c.output({1});
      c.expect_same([&](auto on) {
        using S = typename decltype(on)::scalar;
        gaussian_kl<S>(on.backend, form, {on(mu), on(logvar)}, {on(prior_mu), on(prior_logvar)}, on(kl).data());
      });
    }
}

TYPED_TEST(GaussianOnDevice, KlBackward) {
  for (const auto& [n, d] : kSizes)
    for (KlForm form : {KlForm::reference, KlForm::exact})
      for (bool prior_wanted : {true, false}) {
        DeviceCase<TypeParam> c;
        const auto mu = c.input({n, d}), logvar = c.input({n, d});
        const auto prior_mu = c.input({n, d}), prior_logvar = c.input({n, d});
        const auto dkl = c.input({1});
        const auto dmu = c.sum({n, d}), dlogvar = c.sum({n, d}), dprior_mu = c.sum({n, d}), dprior_logvar = c.sum({n, d});
        c.expect_same(
            [&](auto on) {
              using S = typename decltype(on)::scalar;
              gaussian_kl_backward<S>(on.backend, form, on(dkl).data(), {on(mu), on(logvar)},
                                      {on(prior_mu), on(prior_logvar)}, {on(dmu), on(dlogvar)},
                                      prior_wanted ? GaussianView<S>{on(dprior_mu), on(dprior_logvar)} : GaussianView<S>{});
            },
            64);
      }
}

}  // namespace
}  // namespace regrain::kernels
