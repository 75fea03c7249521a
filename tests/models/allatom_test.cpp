// The all-atom model: what it sees turns with the trace, its derivative is right, and frames of a batch are on their own.
#include "models/allatom/model.hpp"

#include <limits>
#include <numeric>

#include "tests/support/equivariance.hpp"
#include "tests/support/made_up_protein.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {
namespace {

using namespace models::allatom;

// every residue its own
Tensor<int> all_rows(int n) {
  Tensor<int> rows({n});
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

struct Reading {
  std::vector<double> backbone, h;  // h of all members
};
Reading see(Model<double>& model, const Trace<double>& trace, int n_threads = 1) {
  Context context(n_threads);
  Tape<double> tape(context, TapeMode::infer);
  const Seen<double> seen = model.see(tape, trace);
  Reading reading{{seen.backbone_N43.value().begin(), seen.backbone_N43.value().end()}, {}};
  for (const Var<double>& h : seen.h_NH) reading.h.insert(reading.h.end(), h.value().begin(), h.value().end());
  return reading;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

TEST(AllAtom, TurnsWithTheTraceAndKnowsItsMirrorImage) {
  Model<double> model(small_allatom_config(4, 2));
  model.initialize(3);
  Protein p(25, 1, 2);
  const Reading here = see(model, trace_of(model.config(), {p.frame()}));
  for (std::uint64_t seed : {1, 2, 3}) {
    Protein turned = p;
    const Motion motion = random_motion(seed, false);
    turned.ca = moved(motion, p.ca);
    const Reading there = see(model, trace_of(model.config(), {turned.frame()}));
    EXPECT_LT(largest_difference(moved(motion, here.backbone), there.backbone), 1e-9);
    EXPECT_LT(largest_difference(here.h, there.h), 1e-9);

    const Motion mirror = random_motion(seed, true);
    turned.ca = moved(mirror, p.ca);
    EXPECT_GT(largest_difference(here.h, see(model, trace_of(model.config(), {turned.frame()})).h), 0.01);
  }
}

TEST(AllAtom, FramesOfABatchDontKnowOfEachOther) {
  Model<double> model(small_allatom_config());
  model.initialize(3);
  const Protein a(19, 1), b(1, 2), c(30, 3, 2), d(2, 4);
  const Reading together = see(model, trace_of(model.config(), {a.frame(), b.frame(), c.frame(), d.frame()}), 2);
  Reading apart;
  for (const Protein* p : {&a, &b, &c, &d}) {
    const Reading one = see(model, trace_of(model.config(), {p->frame()}));
    apart.backbone.insert(apart.backbone.end(), one.backbone.begin(), one.backbone.end());
    apart.h.insert(apart.h.end(), one.h.begin(), one.h.end());
  }
  EXPECT_EQ(together.backbone, apart.backbone);
  EXPECT_EQ(together.h, apart.h);
}

TEST(AllAtom, BackboneHasTheShapeOfPeptides) {
  Model<double> model(small_allatom_config());
  model.initialize(7);
  const Protein p(30, 5);
  const Reading r = see(model, trace_of(model.config(), {p.frame()}));
  const auto atom = [&](int residue, int slot) { return r.backbone.data() + (residue * 4 + slot) * 3; };
  const auto distance = [](const double* a, const double* b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); };
  for (int i = 0; i + 1 < 30; ++i) {
    // bonds that don't touch a CA have the length of the template whatever the network says
    const bool trans = distance(atom(i, 1), atom(i + 1, 1)) >= kernels::kCisBelow;
    EXPECT_NEAR(distance(atom(i, 2), atom(i + 1, 0)), trans ? 1.329 : 1.335, 0.01) << i;
    EXPECT_NEAR(distance(atom(i, 2), atom(i, 3)), 1.231, 0.01) << i;
  }
  EXPECT_NEAR(distance(atom(0, 0), atom(0, 1)), kernels::peptide::kNCa, 1e-9);
  EXPECT_NEAR(distance(atom(29, 2), atom(29, 1)), kernels::peptide::kCaC, 1e-9);
  EXPECT_NEAR(distance(atom(29, 2), atom(29, 3)), kernels::peptide::kCO, 1e-9);
  // where one of them is free, N and C keep their angle at CA
  for (int i : {0, 29}) {
    const double a = distance(atom(i, 0), atom(i, 1)), b = distance(atom(i, 2), atom(i, 1)), c = distance(atom(i, 0), atom(i, 2));
    EXPECT_NEAR(std::acos((a * a + b * b - c * c) / (2 * a * b)), kernels::peptide::kNCaC, 1e-9) << i;
  }
}

TEST(AllAtom, AnyFiniteTraceGivesFiniteNumbers) {
  Model<double> model(small_allatom_config());
  model.initialize(3);
  for (int n : {0, 1, 2, 3, 12})
    for (int kind = 0; kind < 3; ++kind) {
      Protein p(n, 8);
      for (int i = 0; i < n; ++i)
        for (int k = 0; k < 3; ++k)
          p.ca[static_cast<std::size_t>(3 * i + k)] = kind == 0 ? 0 : kind == 1 ? (k == 1 ? 3.8 * i : 0) : (k == 0 ? 1e4 * (i % 2) : 0);
      const Reading r = see(model, trace_of(model.config(), {p.frame()}));
      for (double x : r.backbone) ASSERT_TRUE(std::isfinite(x)) << n << " residues, kind " << kind;
      for (double x : r.h) ASSERT_TRUE(std::isfinite(x)) << n << " residues, kind " << kind;
    }
}

TEST(AllAtom, RefusesCoordinatesThatAreNoNumbers) {
  Protein p(5, 1);
  p.ca[4] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(trace_of(small_allatom_config(), {p.frame()}), Error);
}

TEST(AllAtomGradient, MatchesDifferences) {
  for (const auto& [latent, members] : {std::pair(0, 1), std::pair(4, 1), std::pair(4, 2)}) {
    Model<double> model(small_allatom_config(latent, members));
    model.initialize(5);
    const MadeUpData data(model.config());
    const Tensor<double> eps = random({members, 23, latent}, 9);
    for (bool backbone : {true, false}) {
      // what comes behind takes the first backbone as it is, so the two parts are looked at one by one
      const LossWeights weights{.beta = 0.7, .backbone = 3.0};
      const auto loss = [&](bool with_gradient) {
        Context context(1);
        Tape<double> tape(context);
        const Loss<double> l = model.loss(tape, data.trace, data.truth, eps.ref(), weights);
        const double value = backbone ? weights.backbone * l.first_backbone.item() : l.total.item() - weights.backbone * l.first_backbone.item();
        if (with_gradient) {
          model.parameters().zero_grads(context);
          tape.backward(l.total);
        }
        return value;
      };
      loss(true);
      for (Parameter<double>& parameter : model.parameters().all()) {
        if ((parameter.name.starts_with("backbone.") || parameter.name.starts_with("members.2.backbone.")) != backbone) continue;
        const Tensor<double> direction = random(parameter.shape, 21);
        double analytic = 0, size = 1e-3;
        for (std::size_t i = 0; i < direction.size(); ++i) {
          analytic += parameter.grad[i] * direction[i];
          size = std::max(size, std::abs(parameter.grad[i]));
        }
        const std::vector<double> at(parameter.value, parameter.value + direction.size());
        const auto moved_by = [&](double h) {
          for (std::size_t i = 0; i < at.size(); ++i) parameter.value[i] = at[i] + h * direction[i];
          return loss(false);
        };
        const double h = 1e-4, numeric = (8 * (moved_by(h) - moved_by(-h)) - (moved_by(2 * h) - moved_by(-2 * h))) / (12 * h);
        std::copy(at.begin(), at.end(), parameter.value);
        EXPECT_NEAR(analytic, numeric, 2e-6 * size * std::sqrt(static_cast<double>(at.size()))) << parameter.name;
      }
    }
  }
}

TEST(AllAtomTruth, KnowsTheChiItWasMadeFromAndLeavesMissingAtomsOut) {
  const MadeUpData data(small_allatom_config());
  const int n = 23;
  int known = 0;
  for (int k = 0; k < kernels::kChi; ++k)
    for (int i = 0; i < n; ++i) {
      if (data.truth.symmetry_4N[static_cast<std::size_t>(k * n + i)] == 0) continue;
      ++known;
      const double angle = data.truth.chi_4N[static_cast<std::size_t>(k * n + i)];
      EXPECT_TRUE(std::isfinite(angle));
    }
  EXPECT_GT(known, 20);
  EXPECT_EQ(data.truth.keep_6[3 * kBackboneTargets], 0);      // N of residue 3
  EXPECT_EQ(data.truth.keep_6[2 * kBackboneTargets + 5], 0);  // seen from the bond before
  EXPECT_EQ(data.truth.keep_6[3 * kBackboneTargets + 1], 1);
  // residues 13 and 22 end chains, 17 the first chain of the second frame: no bond behind them
  for (int i : {13, 17, 22})
    for (int t : {3, 4, 5}) EXPECT_EQ(data.truth.keep_6[static_cast<std::size_t>(i * kBackboneTargets + t)], 0) << i;
  for (double x : data.truth.backbone_63) EXPECT_TRUE(std::isfinite(x));
}

TEST(AllAtomDraws, DependOnFrameAndResidueAlone) {
  Model<double> model(small_allatom_config());
  model.initialize(5);
  const Protein a(12, 1), b(7, 2);
  const auto draw = [&](const std::vector<TraceFrame<double>>& frames, const std::vector<Rng>& rng, int n_threads) {
    Context context(n_threads);
    const Trace<double> trace = trace_of(model.config(), frames);
    Tape<double> tape(context, TapeMode::infer);
    const Seen<double> seen = model.see(tape, trace);
    Tensor<int> symmetry({trace.n_residues(), 4}, std::vector<int>(static_cast<std::size_t>(4 * trace.n_residues()), 1));
    const Tensor<int> first = Tensor<int>::from(trace.first_residue), rows = all_rows(trace.n_residues());
    const Tensor<Rng> keys = Tensor<Rng>::from(rng);
    const Var<double> chi = tape.result({trace.n_residues(), 5, 4}, {});
    Tensor<int> bins({trace.n_residues(), 5});
    model.draw_chi(tape, trace, seen, {.n_draws = 5, .symmetry_N4 = symmetry, .row_of_N = rows, .first_of_frame = first, .rng = keys}, chi, bins);
    return std::vector<double>(chi.value().begin(), chi.value().end());
  };
  const Rng one{.seed = 1, .step = 0, .op = 16}, two{.seed = 1, .step = 1, .op = 16};
  const auto together = draw({a.frame(), b.frame()}, {one, two}, 2), first = draw({a.frame()}, {one}, 1), second = draw({b.frame()}, {two}, 1);
  auto apart = first;
  apart.insert(apart.end(), second.begin(), second.end());
  EXPECT_EQ(together, apart);
  EXPECT_NE(first, draw({a.frame()}, {two}, 1));
  // draw 0 is the mode: the same for every key
  const auto other = draw({a.frame()}, {two}, 1);
  for (std::size_t i = 0; i < first.size(); i += 20)
    for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(first[i + k], other[i + k]);
}

// A model of two, and its members alone.
struct Mixture {
  Model<double> both{small_allatom_config(4, 2)}, first{small_allatom_config()}, second{small_allatom_config()};

  Mixture() {
    both.initialize(5);
    const auto& all = both.parameters().all();
    auto& one = first.parameters().all();
    auto& two = second.parameters().all();
    EXPECT_EQ(all.size(), one.size() + two.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(all[i].name, one[i].name);
      EXPECT_EQ(all[one.size() + i].name, "members.2." + one[i].name);
      std::copy_n(all[i].value, one[i].shape.size(), one[i].value);
      std::copy_n(all[one.size() + i].value, two[i].shape.size(), two[i].value);
    }
  }
};

TEST(AllAtomMembers, HaveTheirOwnWeightsAndTheMeanOfTheirLosses) {
  Mixture m;
  EXPECT_GT(largest_difference({m.first.parameters().all()[0].value, m.first.parameters().all()[0].value + 8},
                               {m.second.parameters().all()[0].value, m.second.parameters().all()[0].value + 8}), 1e-3);
  const MadeUpData data(m.both.config());
  const Tensor<double> eps = random({2, 23, 4}, 9);
  const auto loss = [&](Model<double>& model, ArrayRef<const double> noise) {
    Context context(1);
    Tape<double> tape(context, TapeMode::infer);
    return model.loss(tape, data.trace, data.truth, noise, {}).total.item();
  };
  const double one = loss(m.first, ArrayRef<const double>(eps.data(), {1, 23, 4})), two = loss(m.second, ArrayRef<const double>(eps.data() + 92, {1, 23, 4}));
  EXPECT_GT(std::abs(one - two), 1e-3);
  EXPECT_NEAR(loss(m.both, eps.ref()), (one + two) / 2, 1e-12 * std::abs(one));
}

TEST(AllAtomMembers, ShareDrawsAndMeetInTheBackbone) {
  Mixture m;
  const Protein p(12, 1);
  const auto made = [&](Model<double>& model, int members, int first_draw, int n_draws) {
    Context context(1);
    const Trace<double> trace = trace_of(model.config(), {p.frame()});
    Tape<double> tape(context, TapeMode::infer);
    const Seen<double> seen = model.see(tape, trace, members);
    const Tensor<int> symmetry({12, 4}, std::vector<int>(48, 1)), first = Tensor<int>::from(trace.first_residue), rows = all_rows(12);
    const Tensor<Rng> keys = Tensor<Rng>::from({Rng{.seed = 1, .op = 16}});
    const Var<double> chi = tape.result({12, first_draw + n_draws, 4}, {});
    Tensor<int> bins({12, first_draw + n_draws});
    model.draw_chi(tape, trace, seen, {.first_draw = first_draw, .n_draws = n_draws, .symmetry_N4 = symmetry, .row_of_N = rows, .first_of_frame = first, .rng = keys}, chi, bins);
    const double* all_chi = chi.value().data();
    std::vector<double> own;  // the draws asked for
    for (int i = 0; i < 12; ++i) own.insert(own.end(), all_chi + (i * (first_draw + n_draws) + first_draw) * 4, all_chi + (i + 1) * (first_draw + n_draws) * 4);
    return std::pair(own,
                     std::vector<double>(seen.backbone_N43.value().begin(), seen.backbone_N43.value().end()));
  };
  const auto both = made(m.both, 0, 0, 5), alone = made(m.both, 1, 0, 5), first = made(m.first, 0, 0, 3), second = made(m.second, 0, 3, 2);
  EXPECT_EQ(alone, made(m.first, 0, 0, 5));
  for (std::size_t i = 0; i < 12; ++i)
    for (std::size_t s = 0; s < 5; ++s)
      for (std::size_t k = 0; k < 4; ++k)
        EXPECT_EQ(both.first[(5 * i + s) * 4 + k], s < 3 ? first.first[(3 * i + s) * 4 + k] : second.first[(2 * i + s - 3) * 4 + k]);
  // not further from the two than they are from each other
  EXPECT_LT(largest_difference(both.second, first.second), largest_difference(first.second, second.second));
  EXPECT_LT(largest_difference(both.second, second.second), largest_difference(first.second, second.second));
}

}  // namespace
}  // namespace regrain::test
