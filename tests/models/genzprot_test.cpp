// The trace-to-atoms VAE on made-up proteins: symmetries, batches, threads, gradients, hostile input.
#include "models/genzprot/genzprot.hpp"

#include <gtest/gtest.h>

#include "autodiff/arithmetic.hpp"
#include "tests/support/equivariance.hpp"
#include "tests/support/proteins.hpp"

namespace regrain::test {
namespace {

using kernels::Handedness;
using models::Conformance;
using models::Genzprot;
using models::GenzprotConfig;
using models::GenzprotWeights;

GenzprotConfig config_of(Conformance conformance, Handedness hand = Handedness::keep) {
  GenzprotConfig config;
  config.conformance = conformance;
  config.handedness = hand;
  return config;
}

// a model with its batch; frames must outlive it
struct Workbench {
  GenzprotConfig config;
  Context context;
  Genzprot<double> model;
  models::TraceBatch<double> trace;
  models::ProteinBatch<double> atoms;

  Workbench(const GenzprotConfig& c, const std::vector<models::ProteinFrame<double>>& frames, int threads = 1)
      : config(c),
        context(threads),
        model(c),
        trace(models::make_trace_batch(context, c, frames)),
        atoms(models::make_protein_batch(context, c, frames)) {
    model.initialize(11);
  }
};

// posterior and prior means, internal coordinates and atoms of a draw
std::vector<Feature> outputs(const GenzprotConfig& config, const models::Protein& protein,
                             const Tensor<double>& points) {
  std::vector<double> xyz(points.begin(), points.end());
  const double* atoms = xyz.data() + 3 * protein.n_trace();
  Workbench s(config, {{&protein, xyz.data(), atoms}});
  const Tensor<double> eps = models::latent_noise(s.context, config, s.trace, 3, {0}, 0);
  Tape<double> tape(s.context, TapeMode::infer);
  const Gaussian<double> q = s.model.posterior(tape, s.trace, s.atoms), p = s.model.prior(tape, s.trace);
  const Var<double> ic = s.model.decode(tape, s.trace, draw(tape, p, eps.ref()));
  const auto copy = [](Var<double> v) {
    return Tensor<double>(v.shape(), std::vector<double>(v.value().begin(), v.value().end()));
  };
  return {{"posterior", Kind::scalar, copy(q.mu)},
          {"prior", Kind::scalar, copy(p.mu)},
          {"internal", Kind::scalar, copy(ic)},
          {"atoms", Kind::point, copy(s.model.place(tape, s.trace, ic))}};
}

Tensor<double> points_of(const MadeProtein& made) {
  std::vector<double> all = made.trace_xyz;
  all.insert(all.end(), made.atom_xyz.begin(), made.atom_xyz.end());
  return {{static_cast<int>(all.size() / 3), 3}, all};
}

TEST(GenzprotEquivariance, CorrectedNetworksTurnWithTheMolecule) {
  const MadeProtein made = made_protein(make_protein_of(random_types(9, 3)), 5);
  for (Handedness hand : {Handedness::keep, Handedness::drop}) {
    const auto map = [&](const Tensor<double>& x, const std::vector<Feature>&) {
      return outputs(config_of(Conformance::corrected, hand), made.protein, x);
    };
    expect_equivariant(map, points_of(made), {}, 1e-10, /*mirrors=*/false);
  }
}

TEST(GenzprotEquivariance, OnlyAHandedReadoutSeesTheMirror) {
  const MadeProtein made = made_protein(make_protein_of(random_types(9, 3)), 5);
  const Tensor<double> x = points_of(made), mirrored = moved(random_motion(1, true), Kind::point, x);
  for (Handedness hand : {Handedness::keep, Handedness::drop}) {
    const GenzprotConfig config = config_of(Conformance::corrected, hand);
    const auto here = outputs(config, made.protein, x), there = outputs(config, made.protein, mirrored);
    for (int i : {0, 1}) {
      if (hand == Handedness::keep)
        EXPECT_GT(difference(there[i].value, here[i].value), 1e-4);
      else
        EXPECT_LE(difference(there[i].value, here[i].value), 1e-10);
    }
  }
}

// Documents the defect: the published readout mixes components of vectors into scalars.
TEST(GenzprotEquivariance, ReferenceNetworksSeeWhereTheMoleculePoints) {
  const MadeProtein made = made_protein(make_protein_of(random_types(9, 3)), 5);
  const GenzprotConfig config = config_of(Conformance::reference);
  const Tensor<double> x = points_of(made);
  Motion shift = random_motion(1, false), turn = shift;
  for (int a = 0; a < 3; ++a) {
    turn.shift[a] = 0;
    for (int b = 0; b < 3; ++b) shift.r[a][b] = a == b;
  }
  const auto here = outputs(config, made.protein, x);
  const auto shifted = outputs(config, made.protein, moved(shift, Kind::point, x));
  const auto turned = outputs(config, made.protein, moved(turn, Kind::point, x));
  for (int i : {0, 1}) {
    EXPECT_LE(difference(shifted[i].value, here[i].value), 1e-10);
    EXPECT_GT(difference(turned[i].value, here[i].value), 1e-3);
  }
}

TEST(Genzprot, HasThePublishedParametersWithoutTheDeadOnes) {
  const Genzprot<float> model(config_of(Conformance::reference));
  constexpr std::size_t kPublished = 248038, kDead = 2 * (36 * 36 + 36 + 384 * 36 + 384) + 4 * (40 * 40 + 40);
  EXPECT_EQ(model.parameters().n_elements(), kPublished - kDead);
}

TEST(Genzprot, InitialWeightsAreAFunctionOfTheSeed) {
  Genzprot<double> a(config_of(Conformance::corrected)), b(config_of(Conformance::corrected)),
      c(config_of(Conformance::corrected));
  a.initialize(1);
  b.initialize(1);
  c.initialize(2);
  EXPECT_EQ(std::vector<double>(a.parameters().values().begin(), a.parameters().values().end()),
            std::vector<double>(b.parameters().values().begin(), b.parameters().values().end()));
  for (auto& p : a.parameters().all()) {
    if (p.name.find("_dist.") != std::string::npos || p.name.find("sidechain_angle") != std::string::npos ||
        p.name.find("dist_embed.block.1.bias") != std::string::npos ||
        p.name.find("inv_dense") != std::string::npos)
      continue;  // from tables, or zero biases
    EXPECT_NE(p.value[p.shape.size() - 1], c.parameters().find(p.name)->value[p.shape.size() - 1]) << p.name;
  }
}

TEST(Genzprot, AsparagineLearnsOnlyIfCorrected) {
  const MadeProtein made = made_protein(make_protein_of({2, 0, 2, 0, 2, 0, 2}), 5);
  for (Conformance conformance : {Conformance::reference, Conformance::corrected}) {
    Workbench s(config_of(conformance), {made.frame()});
    const Tensor<double> eps = models::latent_noise(s.context, s.config, s.trace, 3, {0}, 0);
    Tape<double> tape(s.context);
    tape.backward(s.model.loss(tape, s.trace, s.atoms, eps.ref(), {}).total);
    for (const char* name : {"encoder.cg_node_embedding.weight", "prior_net.cg_node_embedding.weight"}) {
      const Parameter<double>* p = s.model.parameters().find(name);
      double row = 0, grad = 0;
      for (int c = 0; c < 12; ++c) row += std::abs(p->value[c]), grad += std::abs(p->grad[c]);
      EXPECT_EQ(row > 0, conformance == Conformance::corrected) << name;
      EXPECT_EQ(grad > 0, conformance == Conformance::corrected) << name;
    }
  }
}

// all of it in one derivative, along random directions in the space of parameters
TEST(GenzprotGradient, MatchesDifferences) {
  const MadeProtein made = made_protein(make_protein_of(random_types(7, 8), 4), 5);
  for (Conformance conformance : {Conformance::reference, Conformance::corrected}) {
    Workbench s(config_of(conformance), {made.frame()});
    const Tensor<double> eps = models::latent_noise(s.context, s.config, s.trace, 3, {0}, 0);
    const auto loss = [&](bool derive) {
      Tape<double> tape(s.context, derive ? TapeMode::record : TapeMode::infer);
      const auto l = s.model.loss(tape, s.trace, s.atoms, eps.ref(), {});
      if (derive) tape.backward(l.total);
      return l.total.item();
    };
    loss(true);
    const ArrayRef<double> values = s.model.parameters().values(), grads = s.model.parameters().grads();
    const std::vector<double> start(values.begin(), values.end());
    for (std::uint64_t d = 0; d < 4; ++d) {
      Tensor<double> direction = random(values.shape(), 40 + d);
      double norm = 0, slope = 0;
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (grads.data()[i] == 0) direction[i] = 0;  // padding, frozen rows
        norm += direction[i] * direction[i];
        slope += direction[i] * grads.data()[i];
      }
      norm = std::sqrt(norm);
      const auto at = [&](double h) {
        for (std::size_t i = 0; i < values.size(); ++i) values.data()[i] = start[i] + h * direction[i] / norm;
        return loss(false);
      };
      constexpr double h = 1e-5;
      const double numeric = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      std::copy(start.begin(), start.end(), values.begin());
      EXPECT_NEAR(slope / norm, numeric, 1e-6 * std::max(1.0, std::abs(numeric)));
    }
  }
}

// Edges made a block at a time, from one to several blocks of them; frames in the dense and in the sparse form.
TEST(Genzprot, ABatchForSamplingGivesTheSameBits) {
  for (Conformance conformance : {Conformance::reference, Conformance::corrected})
    for (const std::vector<int>& lengths : {std::vector<int>{3}, {4}, {9}, {60, 4}, {1000, 3, 300}}) {
      std::vector<MadeProtein> made;
      for (int n : lengths) made.push_back(made_protein(make_protein_of(random_types(n, 3)), 5));
      std::vector<models::ProteinFrame<double>> frames;
      for (const MadeProtein& m : made) frames.push_back(m.frame());
      const GenzprotConfig config = config_of(conformance);
      std::vector<double> xyz[3];
      for (int way : {0, 1, 2}) {
        Context context(way == 2 ? 2 : 1);
        Genzprot<double> model(config);
        model.initialize(11);
        const auto trace = models::make_trace_batch(context, config, frames,
                                                    way == 0 ? models::TraceUse::training : models::TraceUse::sampling);
        const Tensor<double> eps =
            models::latent_noise(context, config, trace, 3, std::vector<std::uint32_t>(frames.size()), 0);
        EXPECT_EQ(trace.edges.y_E9.size() > 0, way == 0 && trace.graph.graph.n_edges() > 0);
        EXPECT_TRUE(lengths[0] < 1000 || trace.graph.graph.n_edges() > 2 * kernels::kBlockEdges);
        for (int again = 0; again < 2; ++again) {
          Tape<double> tape(context, TapeMode::infer);
          const auto value = model.sample(tape, trace, eps.ref()).value();
          const std::vector<double> before = xyz[way];
          xyz[way].assign(value.begin(), value.end());
          EXPECT_TRUE(again == 0 || xyz[way] == before);
        }
      }
      EXPECT_EQ(xyz[0], xyz[1]) << lengths.size() << " frames, the first of " << lengths[0];
      EXPECT_EQ(xyz[0], xyz[2]);
    }
}

TEST(Genzprot, ABatchForSamplingHasNoDerivative) {
  const MadeProtein made = made_protein(make_protein_of(random_types(9, 3)), 5);
  const GenzprotConfig config = config_of(Conformance::corrected);
  Context context(1);
  Genzprot<double> model(config);
  const auto trace = models::make_trace_batch<double>(context, config, {made.frame()}, models::TraceUse::sampling);
  Tape<double> tape(context);
  EXPECT_THROW(model.prior(tape, trace), Error);
}

// value, gradients and sample of a batch on some number of threads
std::vector<double> everything(const std::vector<models::ProteinFrame<double>>& frames, int threads) {
  Workbench s(config_of(Conformance::corrected), frames, threads);
  std::vector<std::uint32_t> numbers(frames.size());
  const Tensor<double> eps = models::latent_noise(s.context, s.config, s.trace, 3, numbers, 0);
  std::vector<double> all;
  {
    Tape<double> tape(s.context);
    const auto l = s.model.loss(tape, s.trace, s.atoms, eps.ref(), {});
    all.push_back(l.total.item());
    tape.backward(l.total);
  }
  all.insert(all.end(), s.model.parameters().grads().begin(), s.model.parameters().grads().end());
  Tape<double> tape(s.context, TapeMode::infer);
  const auto xyz = s.model.sample(tape, s.trace, eps.ref()).value();
  all.insert(all.end(), xyz.begin(), xyz.end());
  return all;
}

TEST(Genzprot, SameBitsForEveryThreadCount) {
  const MadeProtein made = made_protein(make_protein_of(random_types(24, 3)), 5);
  EXPECT_EQ(everything({made.frame(), made.frame()}, 1), everything({made.frame(), made.frame()}, 2));
}

TEST(Genzprot, ASampleDoesNotKnowItsBatch) {
  const MadeProtein one = made_protein(make_protein_of(random_types(12, 3)), 5),
                    two = made_protein(make_protein_of(random_types(8, 4)), 6);
  const GenzprotConfig config = config_of(Conformance::corrected);
  const auto sample = [&](const std::vector<models::ProteinFrame<double>>& frames,
                          const std::vector<std::uint32_t>& numbers) {
    Workbench s(config, frames);
    const Tensor<double> eps = models::latent_noise(s.context, config, s.trace, 3, numbers, 2);
    Tape<double> tape(s.context, TapeMode::infer);
    const auto xyz = s.model.sample(tape, s.trace, eps.ref()).value();
    return std::vector<double>(xyz.begin(), xyz.end());
  };
  std::vector<double> apart = sample({one.frame()}, {7});
  const std::vector<double> second = sample({two.frame()}, {8});
  EXPECT_NE(sample({one.frame()}, {8}), apart);
  apart.insert(apart.end(), second.begin(), second.end());
  EXPECT_EQ(sample({one.frame(), two.frame()}, {7, 8}), apart);
}

TEST(Genzprot, MixedBatchesLoseTheirGeometryOnlyInTheReference) {
  const MadeProtein one = made_protein(make_protein_of(random_types(8, 3)), 5),
                    two = made_protein(make_protein_of(random_types(8, 4)), 6);
  for (Conformance conformance : {Conformance::reference, Conformance::corrected}) {
    Workbench s(config_of(conformance), {one.frame(), two.frame()});
    const Tensor<double> eps = models::latent_noise(s.context, s.config, s.trace, 3, {0, 1}, 0);
    const auto total = [&](const GenzprotWeights& w) {
      Tape<double> tape(s.context, TapeMode::infer);
      return s.model.loss(tape, s.trace, s.atoms, eps.ref(), w).total.item();
    };
    EXPECT_EQ(total({.eta = 1}) != total({.eta = 2}), conformance == Conformance::corrected);
  }
}

TEST(Genzprot, InnerChainEndsDoNotCount) {
  const MadeProtein made = made_protein(make_protein_of(random_types(10, 3), 5), 5);
  Workbench s(config_of(Conformance::corrected), {made.frame()});
  // the residues 4 and 5 of the file, 3 and 4 of the batch
  for (int a = 0; a < s.trace.n_atoms; ++a)
    EXPECT_EQ(s.atoms.keep_A[a], made.protein.residue[a] != 3 && made.protein.residue[a] != 4);
  for (const Graph* g : {&s.atoms.near, &s.atoms.clash, &s.atoms.backbone})
    for (int i : g->dst) EXPECT_TRUE(s.atoms.keep_A[i]);
  const Tensor<double> eps = models::latent_noise(s.context, s.config, s.trace, 3, {0}, 0);
  Tape<double> tape(s.context);
  const auto loss = s.model.loss(tape, s.trace, s.atoms, eps.ref(), {});
  EXPECT_TRUE(std::isfinite(loss.total.item()));
  double sum = 0;
  for (int a = 0; a < s.trace.n_atoms; ++a)
    for (int k = 0; k < 3; ++k)
      if (s.atoms.keep_A[a])
        sum += std::pow(loss.xyz_A3.value().data()[3 * a + k] - made.atom_xyz[3 * a + k], 2);
  EXPECT_NEAR(loss.xyz.item(), sum / s.atoms.n_kept, 1e-12 * sum);
}

TEST(Genzprot, PlacedAtomsAreTheFrameItself) {
  const MadeProtein made = made_protein(make_protein_of(random_types(30, 3)), 5);
  Workbench s(config_of(Conformance::corrected), {made.frame()});
  Tape<double> tape(s.context, TapeMode::infer);
  const auto xyz =
      s.model.place(tape, s.trace, tape.constant(std::as_const(s.atoms.target_RT3).ref())).value();
  for (std::size_t i = 0; i < xyz.size(); ++i) EXPECT_NEAR(xyz.data()[i], made.atom_xyz[i], 1e-9);
}

TEST(Genzprot, TablesStartFromTrainingMeans) {
  const MadeProtein made = made_protein(make_protein_of(random_types(40, 3)), 5);
  Workbench s(config_of(Conformance::corrected), {made.frame()});
  models::InternalMeans means;
  means.add(s.trace, s.atoms);
  const models::InternalTable table = means.table(), typical;
  s.model.initialize(1, table);
  const double* length = s.model.parameters().find("equivaraintconv.sidechain_dist.weight")->value;
  bool glycine_unchanged = true;
  for (int type = 0; type < models::kResidueTypes; ++type)
    for (int row = 0; row < 10; ++row) {
      const std::size_t at = static_cast<std::size_t>(type * 13 + 3 + row);
      EXPECT_EQ(length[type * 10 + row], table.length[at]);
      EXPECT_NEAR(table.length[at], typical.length[at], 0.1 * typical.length[at]);
      EXPECT_NEAR(table.angle[at], typical.angle[at], 0.2);
      if (type == 3) glycine_unchanged = glycine_unchanged && table.length[at] == typical.length[at];
    }
  EXPECT_TRUE(glycine_unchanged);
  EXPECT_NE(table.length[0], typical.length[0]);
}

TEST(GenzprotWeights, FollowTheSchedule) {
  const GenzprotWeights w;
  EXPECT_EQ(w.at_epoch(0).eta, 0);
  EXPECT_EQ(w.at_epoch(0).zeta, 0);
  EXPECT_EQ(w.at_epoch(1).zeta, 5);
  EXPECT_EQ(w.at_epoch(20).zeta, 5);
  EXPECT_EQ(w.at_epoch(21).zeta, 10);
}

}  // namespace
}  // namespace regrain::test
