#include "models/autograin/autograin.hpp"

#include <set>

#include "tests/support/gradient.hpp"

namespace regrain::test {
namespace {

using models::Autograin;
using models::AutograinResult;
using models::AutograinSettings;
using models::Conformance;
using models::learn_map;

// Rigid clusters about 3 A wide whose centres wander about; atom i belongs to cluster i % n_clusters.
std::vector<float> wandering_clusters(int n_frames, int n_atoms, int n_clusters) {
  const Tensor<double> inside = random({n_atoms, 3}, 5, 1.5), home = random({n_clusters, 3}, 6, 15);
  const Tensor<double> walk = random({n_frames * n_clusters, 3}, 7, 4);
  std::vector<float> xyz;
  for (int f = 0; f < n_frames; ++f)
    for (int i = 0; i < n_atoms; ++i)
      for (int k = 0; k < 3; ++k) {
        const int c = i % n_clusters;
        xyz.push_back(
            static_cast<float>(inside[3 * i + k] + home[3 * c + k] + walk[3 * (f * n_clusters + c) + k]));
      }
  return xyz;
}

std::set<int> used(const AutograinResult& r) { return {r.bead_of_atom.begin(), r.bead_of_atom.end()}; }

TEST(AutograinGradient, OfTheLossMatchesDifferences) {
  for (auto [n_atoms, n_beads, n_frames] : {std::tuple{7, 3, 2}, {1, 1, 1}, {5, 2, 0}, {4, 4, 3}}) {
    Autograin<double> model(n_atoms, n_beads);
    const Tensor<double> x = random({n_atoms, 3 * n_frames}, 3), noise = random({n_atoms, n_beads}, 4);
    ParameterSet<double>& set = model.parameters();
    model.initialize(8);
    Context context(1);
    const auto total = [&] {
      Tape<double> tape(context);
      return model.loss(tape, x.ref(), noise.ref(), 0.7, 0.25).total.item();
    };
    set.zero_grads(context);
    {
      Tape<double> tape(context);
      tape.backward(model.loss(tape, x.ref(), noise.ref(), 0.7, 0.25).total);
    }
    for (auto& p : set.all())
      for (std::size_t i = 0; i < p.shape.size(); ++i) {
        const double at = p.value[i], h = 1e-4;
        const auto moved = [&](double by) {
          p.value[i] = at + by;
          const double loss = total();
          p.value[i] = at;
          return loss;
        };
        const double numeric = (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
        EXPECT_NEAR(p.grad[i], numeric, 1e-8) << p.name << " " << i;
      }
  }
}

// the same loss by plain loops over frames, up to the floor under the column sums
TEST(Autograin, LossIsTheTextbooks) {
  constexpr int n = 5, n_beads = 2, n_frames = 3;
  Autograin<double> model(n, n_beads);
  model.initialize(1);
  const Tensor<double> x = random({n, 3 * n_frames}, 3), noise = random({n, n_beads}, 4);
  const double *a = model.parameters().find("assignment")->value,
               *d = model.parameters().find("decoder")->value;
  double m[n][n_beads], column[n_beads] = {}, reconstruction = 0, lift = 0;
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int b = 0; b < n_beads; ++b) sum += m[i][b] = std::exp(a[i * n_beads + b] + noise[i * n_beads + b]);
    for (int b = 0; b < n_beads; ++b) column[b] += m[i][b] /= sum;
  }
  for (int c = 0; c < 3 * n_frames; ++c) {
    double bead[n_beads] = {};
    for (int i = 0; i < n; ++i)
      for (int b = 0; b < n_beads; ++b) bead[b] += m[i][b] / column[b] * x[i * 3 * n_frames + c];
    for (int i = 0; i < n; ++i) {
      double decoded = 0, lifted = 0;
      for (int b = 0; b < n_beads; ++b) {
        decoded += d[b * n + i] * bead[b];
        lifted += m[i][b] * bead[b];
      }
      reconstruction += std::pow(x[i * 3 * n_frames + c] - decoded, 2) / (3 * n * n_frames);
      lift += std::pow(x[i * 3 * n_frames + c] - lifted, 2) / (n * n_frames);
    }
  }
  Context context(1);
  Tape<double> tape(context, TapeMode::infer);
  const auto loss = model.loss(tape, x.ref(), noise.ref(), 1, 0.25);
  EXPECT_NEAR(loss.reconstruction.item(), reconstruction, 1e-10);
  EXPECT_NEAR(loss.lift.item(), lift, 1e-10);
  EXPECT_NEAR(loss.total.item(), reconstruction + 0.25 * lift, 1e-10);
}

TEST(Autograin, RecoversRigidClusters) {
  for (Conformance conformance : {Conformance::corrected, Conformance::reference})
    for (std::uint64_t seed : {1, 2, 3}) {
      Context context(2);
      const std::vector<float> xyz = wandering_clusters(64, 10, 2);
      const AutograinResult r = learn_map(
          context, {.n_beads = 2, .epochs = 400, .seed = seed, .conformance = conformance}, 10, xyz);
      EXPECT_EQ(r.bead_of_atom, (std::vector{0, 1, 0, 1, 0, 1, 0, 1, 0, 1})) << "seed " << seed;
      EXPECT_EQ(r.n_beads, 2);
      EXPECT_EQ(r.n_empty, 0);
      ASSERT_EQ(r.loss_per_epoch.size(), 400u);
      EXPECT_LT(r.loss_per_epoch.back(), 0.2 * r.loss_per_epoch.front());
    }
}

// three clusters can't fill seven beads by themselves
TEST(Autograin, EveryBeadIsUsedOrDropped) {
  Context context(2);
  const std::vector<float> xyz = wandering_clusters(40, 9, 3);
  for (int n_beads : {1, 3, 7, 9}) {
    AutograinSettings settings{.n_beads = n_beads, .epochs = 60, .seed = 4};
    const AutograinResult mended = learn_map(context, settings, 9, xyz);
    EXPECT_EQ(mended.n_beads, n_beads);
    EXPECT_EQ(static_cast<int>(used(mended).size()), n_beads);
    EXPECT_EQ(*used(mended).rbegin(), n_beads - 1);
    settings.conformance = Conformance::reference;
    const AutograinResult dropped = learn_map(context, settings, 9, xyz);
    EXPECT_EQ(dropped.n_beads, n_beads - dropped.n_empty);
    EXPECT_EQ(static_cast<int>(used(dropped).size()), dropped.n_beads);
    EXPECT_EQ(*used(dropped).rbegin(), dropped.n_beads - 1);
    EXPECT_TRUE(n_beads < 9 || dropped.n_empty > 0);
  }
}

TEST(Autograin, SameBitsForAnyThreadCountOtherMapsForOtherSeeds) {
  const std::vector<float> xyz = wandering_clusters(70, 120, 5);
  const auto run = [&](int n_threads, std::uint64_t seed) {
    Context context(n_threads);
    return learn_map(context, {.n_beads = 20, .epochs = 4, .seed = seed}, 120, xyz);
  };
  const AutograinResult one = run(1, 9), two = run(2, 9), other = run(1, 10);
  EXPECT_EQ(one.loss_per_epoch, two.loss_per_epoch);
  EXPECT_EQ(one.bead_of_atom, two.bead_of_atom);
  EXPECT_NE(one.loss_per_epoch, other.loss_per_epoch);
  EXPECT_NE(one.bead_of_atom, other.bead_of_atom);
}

TEST(Autograin, WhereTheProteinStandsDoesNotMatter) {
  std::vector<float> xyz = wandering_clusters(8, 6, 2), moved = xyz;
  for (float& x : moved) x += 128;
  Context context(1);
  const auto a = learn_map(context, {.n_beads = 2, .epochs = 5}, 6, xyz),
             b = learn_map(context, {.n_beads = 2, .epochs = 5}, 6, moved);
  EXPECT_EQ(a.bead_of_atom, b.bead_of_atom);
  for (std::size_t e = 0; e < 5; ++e) EXPECT_NEAR(a.loss_per_epoch[e] / b.loss_per_epoch[e], 1, 1e-4);
}

TEST(Autograin, ProgressIsToldAndMayStop) {
  Context context(1);
  const std::vector<float> xyz = wandering_clusters(4, 6, 2);
  std::vector<double> told;
  const auto r = learn_map(context, {.n_beads = 2, .epochs = 3}, 6, xyz, [&](int epoch, double loss) {
    EXPECT_EQ(epoch, static_cast<int>(told.size()));
    told.push_back(loss);
  });
  EXPECT_EQ(told, r.loss_per_epoch);
  EXPECT_THROW(learn_map(context, {.n_beads = 2, .epochs = 3}, 6, xyz,
                         [](int, double) { fail(ErrorKind::interrupted, "stop"); }),
               Error);
}

TEST(Autograin, RejectsWhatItCannotUse) {
  Context context(1);
  const std::vector<float> xyz = wandering_clusters(4, 6, 2);
  const auto expect_error = [&](ErrorKind kind, const std::string& text, const AutograinSettings& s,
                                int n_atoms, const std::vector<float>& frames) {
    try {
      learn_map(context, s, n_atoms, frames);
      ADD_FAILURE() << "no error: " << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), kind) << e.what();
      EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
    }
  };
  const auto with = [](auto change) {
    AutograinSettings s{.n_beads = 2, .epochs = 1};
    change(s);
    return s;
  };
  const AutograinSettings fine{.n_beads = 2, .epochs = 1};
  const ErrorKind input = ErrorKind::input;
  expect_error(input, "0 beads for 6 atoms; give 1 to 6", with([](auto& s) { s.n_beads = 0; }), 6, xyz);
  expect_error(input, "7 beads for 6 atoms", with([](auto& s) { s.n_beads = 7; }), 6, xyz);
  expect_error(input, "no frames", fine, 6, {});
  expect_error(input, "no atoms", fine, 0, xyz);
  expect_error(input, "72 coordinates are no whole number of frames of 5 atoms", fine, 5, xyz);
  expect_error(input, "0 epochs", with([](auto& s) { s.epochs = 0; }), 6, xyz);
  expect_error(input, "batches of 0", with([](auto& s) { s.batch = 0; }), 6, xyz);
  expect_error(input, "learning rate -1", with([](auto& s) { s.learning_rate = -1; }), 6, xyz);
  expect_error(input, "regularisation -1", with([](auto& s) { s.regularisation = -1; }), 6, xyz);
  std::vector<float> broken = xyz;
  broken[3 * (6 + 4) + 1] = NAN;
  expect_error(ErrorKind::numbers, "frame 1, atom 4", fine, 6, broken);
}

TEST(LiftError, IsTheMeanSquaredDistanceFromTheBead) {
  // two atoms 2 A apart in one bead, one alone; two frames
  EXPECT_DOUBLE_EQ(models::lift_error({0, 0, 1}, 2, {0, 0, 0, 2, 0, 0, 9, 9, 9, 0, 0, 0, 0, 4, 0, 1, 1, 1}),
                   (1 + 1 + 4 + 4) / 6.0);
}

}  // namespace
}  // namespace regrain::test
