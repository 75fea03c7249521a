// The latent: noise, a draw, the KL divergence. Rows and channels of a training step of stage 1, and of 64
// samples of 50 beads.
#include "kernels/gaussian.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

// An element: logarithm, root, sine and cosine shared by a pair, a product; Philox is integer work.
auto fill(int n) {
  return [=](const Place& on) {
    return KernelCase{Work{4.0 * n, kFloat * n}, [x = on(Tensor<float>({n}))](auto be) mutable {
                        fill_normal<float>(be, Rng{.seed = kSeed}, 0, x.ref().flat());
                      }};
  };
}

auto draw(int n) {
  return [=](const Place& on) {
    return KernelCase{Work{5.0 * n, 4 * kFloat * n},
                      [mu = on(normal({n}, 1)), logvar = on(normal({n}, 2)), eps = on(normal({n}, 3)),
                       z = on(Tensor<float>({n}))](auto be) mutable {
                        gaussian_draw<float>(be, mu, logvar, kPosteriorFloor, eps, z);
                      }};
  };
}
auto draw_backward(int n) {
  return [=](const Place& on) {
    return KernelCase{Work{6.0 * n, 7 * kFloat * n},
                      [logvar = on(normal({n}, 1)), eps = on(normal({n}, 2)), dz = on(normal({n}, 3)),
                       dmu = on(Tensor<float>({n})), dlogvar = on(Tensor<float>({n}))](auto be) mutable {
                        gaussian_draw_backward<float>(be, logvar, eps, dz, dmu, dlogvar);
                      }};
  };
}

// An element: two exponentials with their floor 6, squares 3, quotients 2, two logarithms, sums 6.
constexpr double kKlFlops = 19;

struct Gaussians {
  Tensor<float> mu, logvar, prior_mu, prior_logvar;
  Gaussians(const Place& on, Shape s)
      : mu(on(normal(s, 1))),
        logvar(on(normal(s, 2))),
        prior_mu(on(normal(s, 3))),
        prior_logvar(on(normal(s, 4))) {}
  GaussianView<const float> posterior() const { return {mu, logvar}; }
  GaussianView<const float> prior() const { return {prior_mu, prior_logvar}; }
};

auto kl(int rows, int channels) {
  return [=](const Place& on) {
    const double n = double(rows) * channels;
    return KernelCase{Work{kKlFlops * n, 4 * kFloat * n},
                      [g = Gaussians(on, {rows, channels}), y = on(Tensor<float>({1}))](auto be) mutable {
                        gaussian_kl<float>(be, KlForm::exact, g.posterior(), g.prior(), y.data());
                      }};
  };
}
auto kl_backward(int rows, int channels) {
  return [=](const Place& on) {
    const double n = double(rows) * channels;
    return KernelCase{Work{2 * kKlFlops * n, 12 * kFloat * n},
                      [g = Gaussians(on, {rows, channels}), d = Gaussians(on, {rows, channels}),
                       one = on(Tensor<float>::from({1}))](auto be) mutable {
                        gaussian_kl_backward<float>(be, KlForm::exact, one.data(), g.posterior(), g.prior(),
                                                    {d.mu, d.logvar}, {d.prior_mu, d.prior_logvar});
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const auto& [rows, channels] : {std::pair{20, 472}, std::pair{3200, 563}}) {
    const std::string size = concat(rows, "x", channels);
    add_kernel("fill_normal/" + size, fill(rows * channels));
    add_kernel("gaussian_draw/" + size, draw(rows * channels));
    add_kernel("gaussian_draw_backward/" + size, draw_backward(rows * channels));
    add_kernel("gaussian_kl/" + size, kl(rows, channels));
    add_kernel("gaussian_kl_backward/" + size, kl_backward(rows, channels));
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
