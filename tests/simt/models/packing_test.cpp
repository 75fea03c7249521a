// Packing on a device is packing on the host: the same picks, and the same atoms after relaxation.
#include "models/allatom/packing.hpp"

#include <cmath>
#include <limits>

#include "engine/transfer.hpp"
#include "models/allatom/rebuild.hpp"
#include "tests/simt/needs_device.hpp"
#include "tests/support/random.hpp"
#include "tests/support/residue_cases.hpp"

namespace regrain::test {
namespace {

using namespace models::allatom;

// Three chains of a made-up protein as three sets, one of them of no residue.
struct Drawn {
  ResidueCase<double> residues;
  int n, n_draws;
  Tensor<double> chi, ca, logp;
  Tensor<char> linked;
  std::vector<int> first_of_set;

  Drawn(int size, int draws, std::uint64_t seed)
      : residues(residue_case<double>(size, seed, 0.1)), n(size), n_draws(draws), chi(random({n, draws, 4}, seed + 1, 2)), ca({n, 3}),
        logp({n, draws}), linked({n}), first_of_set{0, n / 3, n / 3, n} {
    for (int r = 0; r < n; ++r) {
      linked[static_cast<std::size_t>(r)] = r + 1 < n && r + 1 != n / 3;
      for (int s = 2 * draws / 3; s < draws; ++s) logp[static_cast<std::size_t>(r * draws + s)] = -2;
      std::copy_n(residues.backbone_R43.data() + 12 * r + 3, 3, ca.data() + 3 * r);
    }
  }
};

struct Packed {
  Tensor<double> chi, backbone, atoms;
};

Packed packed(Context& context, const Drawn& d, const PackingSettings& settings) {
  const Tensor<double> backbone = to_backend(context, d.residues.backbone_R43), chi = to_backend(context, d.chi);
  PackingInput<double> in{};
  in.type_R = View<const int, 1>(d.residues.type_R);
  in.backbone_R43 = View<const double, 3>(backbone.data(), {d.n, 4, 3});
  in.chi_RS4 = View<const double, 3>(chi.data(), {d.n, d.n_draws, 4});
  in.first_of_set = d.first_of_set;
  in.logp_RS = View<const double, 2>(d.logp);
  in.linked_R = View<const char, 1>(d.linked);
  in.ca_R3 = View<const double, 2>(d.ca);
  in.frame = {3, 4, 5};
  in.sample = {0, 1, 7};
  Packed out{Tensor<double>({d.n, 4}), Tensor<double>({d.n, 4, 3}), Tensor<double>({d.n, 14, 3})};
  pack<double>(context, in, settings, {out.chi, out.backbone, out.atoms});
  return out;
}

double largest_difference(const Tensor<double>& a, const Tensor<double>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

TEST(PackingOnDevice, IsThatOfTheHost) {
  REGRAIN_NEEDS_DEVICE();
  Context host(1), device(Device::cuda, 1);
  for (int n : {0, 1, 2, 33, 60})
    for (const bool sample : {false, true})
      for (const bool relax : {false, true}) {
        SCOPED_TRACE(concat(n, " residues, ", sample ? "sampled" : "consensus", relax ? ", relaxed" : ""));
        const Drawn d(n, 13, 5);
        PackingSettings settings;
        settings.sample = sample;
        settings.seed = 9;
        settings.relax = relax;
        settings.relaxation.steps = 12;
        settings.relaxation.renew = 4;
        const Packed here = packed(host, d, settings), there = packed(device, d, settings);
        EXPECT_LT(largest_difference(here.atoms, there.atoms), 1e-6);
        EXPECT_LT(largest_difference(here.backbone, there.backbone), 1e-6);
        for (std::size_t i = 0; i < here.chi.size(); ++i) EXPECT_NEAR(std::remainder(here.chi[i] - there.chi[i], 6.283185307179586), 0, 1e-6);
        const Packed again = packed(device, d, settings);
        EXPECT_TRUE(std::equal(there.atoms.begin(), there.atoms.end(), again.atoms.begin()));
      }
}

// The whole stage: what is seen, drawn and packed, by two members.
TEST(RebuildOnDevice, IsThatOfTheHost) {
  REGRAIN_NEEDS_DEVICE();
  Config config;
  config.channels = 32;
  config.layers = 1;
  config.backbone_channels = 16;
  config.members = 2;
  Model<double> model(config);
  model.initialize(3);
  const Drawn d(24, 1, 5);
  Sequence sequence;
  sequence.type.assign(d.residues.type_R.begin(), d.residues.type_R.end());
  sequence.first_of_chain = {0, 8, 24};
  RebuildInput<double> input;
  input.frames = {{&sequence, d.ca.data()}, {&sequence, d.ca.data()}};
  input.rng = {Rng{.seed = 1, .step = 0, .op = 2}, Rng{.seed = 1, .step = 1, .op = 2}};
  RebuildSettings settings{.draws = 7};
  settings.packing.relaxation.steps = 6;
  settings.packing.relaxation.renew = 3;
  Context host(1), device(Device::cuda, 1);
  const Tensor<double> here = rebuild<double>(host, model, input, settings);
  Model<double> copy(config);
  copy.initialize(3);
  copy.parameters().move_to(device);
  const Tensor<double> there = rebuild<double>(device, copy, input, settings);
  ASSERT_EQ(here.size(), there.size());
  EXPECT_LT(largest_difference(here, there), 1e-6);
  EXPECT_FALSE(std::equal(here.begin(), here.begin() + static_cast<int>(here.size() / 2), here.begin() + static_cast<int>(here.size() / 2)));
}

TEST(PackingOnDevice, RefusesWhatItCannotDo) {
  REGRAIN_NEEDS_DEVICE();
  Context device(Device::cuda, 1);
  Drawn d(4, 3, 5);
  d.residues.backbone_R43[7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(packed(device, d, {}), Error);
  Drawn crowded(2400, 1, 5);
  std::fill(crowded.ca.begin(), crowded.ca.end(), 0.);
  EXPECT_THROW(packed(device, crowded, {}), Error);
}

}  // namespace
}  // namespace regrain::test
