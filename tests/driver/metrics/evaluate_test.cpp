#include "driver/metrics/evaluate.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/errors.hpp"
#include "tests/driver/metrics/peptide.hpp"

namespace regrain::metrics {
namespace {

using Frames = std::vector<io::Frame>;

const test::Molecule& molecule() {
  static const test::Molecule m = test::peptide({"ALA", "PHE", "THR", "ILE", "PRO", "ASP", "SER", "GLY"});
  return m;
}

io::Frame noisy(const test::Molecule& m, std::uint64_t seed, double scale) {
  return to_frame(test::plus(m.points, test::random_points(m.topology.n_atoms(), seed, scale)));
}

ErrorKind kind_of(const std::function<void()>& call, const std::string& expected_words) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(expected_words), std::string::npos) << error.what();
    return error.kind();
  }
  ADD_FAILURE() << "nothing thrown; expected: " << expected_words;
  return ErrorKind::internal;
}

TEST(Evaluate, TruthAgainstItself) {
  const test::Molecule& m = molecule();
  const io::Frame frame = to_frame(m.points);
  const Evaluation e = evaluate(m.topology, {frame, frame}, {{frame, frame}, {frame, frame}});
  EXPECT_EQ(e.detail, Detail::all_atom);
  EXPECT_EQ(e.n_frames, 2);
  EXPECT_EQ(e.n_samples, 2);
  for (const char* name :
       {"rmsd", "rmsd_unaligned", "rmsd_backbone", "rmsd_ca", "rmsd_reference", "rmsd_unaligned_reference",
        "nged", "nged_reference", "d_residues", "wrong_beta", "ring_penetrations", "cis_peptides",
        "sample_diversity", "energy_score", "jsd_phi", "jsd_chi1"})
    EXPECT_NEAR(e.value(name), 0, 1e-6) << name;
  for (const char* name : {"valid_fraction", "bonds_within_10_percent", "angles_within_10_percent",
                           "chi1_within_40", "chi12_within_40", "chi12_within_40_reference"})
    EXPECT_EQ(e.value(name), 1) << name;
  EXPECT_EQ(e.value("vdw_overlaps"), e.value("truth_vdw_overlaps"));
  EXPECT_FALSE(e.has("trace_nged"));
  EXPECT_FALSE(e.has("bead_displacement_rms"));
}

TEST(Evaluate, NoiseShowsEverywhere) {
  const test::Molecule& m = molecule();
  const Frames truth{to_frame(m.points)};
  const Evaluation little = evaluate(m.topology, truth, {{noisy(m, 1, 0.05), noisy(m, 2, 0.05)}});
  const Evaluation much = evaluate(m.topology, truth, {{noisy(m, 1, 0.8), noisy(m, 2, 0.8)}});
  for (const char* name :
       {"rmsd", "rmsd_reference", "nged", "sample_diversity", "energy_score", "vdw_overlaps", "d_residues"})
    EXPECT_LT(little.value(name), much.value(name)) << name;
  for (const char* name : {"valid_fraction", "bonds_within_10_percent", "angles_within_10_percent"})
    EXPECT_GT(little.value(name), much.value(name)) << name;
  EXPECT_LE(much.value("rmsd"), much.value("rmsd_reference"));
  EXPECT_LE(much.value("nged_reference"), much.value("nged"));
}

TEST(Evaluate, MirroredStructureIsAllD) {
  const test::Molecule& m = molecule();
  const Evaluation e = evaluate(m.topology, {to_frame(m.points)}, {{to_frame(test::mirrored(m.points))}});
  EXPECT_EQ(e.value("d_residues"), 7);
  EXPECT_EQ(e.value("truth_d_residues"), 0);
  EXPECT_EQ(e.value("valid_fraction"), 1);  // distances can't tell
  EXPECT_GT(e.value("rmsd"), 0.5);
}

TEST(Evaluate, OneSampleHasNoSpread) {
  const test::Molecule& m = molecule();
  const Evaluation e = evaluate(m.topology, {to_frame(m.points)}, {{noisy(m, 3, 0.3)}});
  EXPECT_FALSE(e.has("sample_diversity"));
  EXPECT_FALSE(e.has("rmsf_over_residual"));
  EXPECT_FALSE(e.has("diversity_score"));
  EXPECT_DOUBLE_EQ(e.value("energy_score"), e.value("rmsd_unaligned_reference"));
}

TEST(Evaluate, HydrogensDoNotCount) {
  test::Molecule m = test::peptide({"ALA", "GLY", "ALA"});
  test::add_atom(m, "H", m.points.back() + Vec3{0, 0, 1});
  const io::Frame truth = to_frame(m.points);
  io::Frame generated = truth;
  generated.xyz_A3.back() += 50;
  const Evaluation e = evaluate(m.topology, {truth}, {{generated}});
  EXPECT_NEAR(e.value("rmsd_unaligned"), 0, 1e-12);
  EXPECT_EQ(e.value("nged"), 0);
  EXPECT_EQ(e.n_heavy_atoms, m.topology.n_atoms() - 1);
}

TEST(Evaluate, AlphaTrace) {
  Points straight;
  for (int i = 0; i < 12; ++i) straight.push_back({3.3 * i, 1.9 * (i % 2), 0});  // 3.81 apart
  const test::Molecule m = test::trace(straight);
  Points torn = straight;
  torn[11].x += 3;
  const Evaluation e = evaluate(m.topology, {to_frame(m.points), to_frame(m.points)},
                                {{to_frame(torn)}, {to_frame(straight)}});
  EXPECT_EQ(e.detail, Detail::alpha_trace);
  EXPECT_DOUBLE_EQ(e.value("trace_nged"), 0.5 / 11);
  EXPECT_DOUBLE_EQ(e.value("trace_valid_fraction"), 0.5);
  EXPECT_DOUBLE_EQ(e.value("trace_bonds_missing"), 0.5);
  EXPECT_FALSE(e.has("nged"));
  EXPECT_FALSE(e.has("vdw_overlaps"));
  EXPECT_FALSE(e.has("jsd_phi"));
  EXPECT_EQ(e.rmsd_per_frame.size(), 2u);
  EXPECT_NEAR(e.rmsd_per_frame[1], 0, 1e-6);
}

TEST(Evaluate, BeadsAndBaselines) {
  const test::Molecule& m = molecule();
  EvaluateOptions options;
  options.map = io::contiguous_map(m.topology.n_atoms(), 4);
  for (std::uint64_t f = 0; f < 8; ++f) options.training.push_back(noisy(m, 10 + f, 0.2));
  const Frames reference{noisy(m, 50, 0.2), noisy(m, 51, 0.2)};
  Frames shifted = reference;
  for (io::Frame& frame : shifted)
    for (size_t i = 0; i < frame.xyz_A3.size(); i += 3) frame.xyz_A3[i] += 2;
  const Evaluation e = evaluate(m.topology, reference, {{shifted[0]}, {shifted[1]}}, options);
  EXPECT_NEAR(e.value("bead_displacement_rms"), 2, 1e-5);
  EXPECT_NEAR(e.value("bead_displacement_max"), 2, 1e-5);
  EXPECT_NEAR(e.value("rmsd"), 0, 1e-5);
  EXPECT_NEAR(e.value("rmsd_unaligned"), 2, 1e-5);
  ASSERT_EQ(e.baselines.size(), 3u);
  EXPECT_EQ(e.baselines[0].name, "mean_structure");
  EXPECT_EQ(e.baselines[1].name, "nearest_frame");
  EXPECT_EQ(e.baselines[2].name, "linear_map");
  for (const auto& baseline : e.baselines) {
    EXPECT_EQ(baseline.entries[0].name, "rmsd");
    EXPECT_GT(baseline.entries[0].value, 0.1) << baseline.name;
    EXPECT_LT(baseline.entries[0].value, 1) << baseline.name;
  }
  EXPECT_EQ(e.baselines[2].entries.back().name, "bead_displacement_max");
  EXPECT_NEAR(e.baselines[2].entries.back().value, 0, 1e-4);  // the linear map keeps the beads
}

TEST(Evaluate, RefusesWhatDoesNotFit) {
  const test::Molecule& m = molecule();
  const io::Frame frame = to_frame(m.points);
  const auto run = [&](const Frames& reference, const std::vector<Frames>& generated,
                       const EvaluateOptions& options = {}) {
    return [&, reference, generated, options] { evaluate(m.topology, reference, generated, options); };
  };
  EXPECT_EQ(kind_of(run({frame, frame}, {{frame}}), "2 reference frames, but generated structures for 1"),
            ErrorKind::input);
  EXPECT_EQ(kind_of(run({}, {}), "no frames"), ErrorKind::input);
  EXPECT_EQ(kind_of(run({frame, frame}, {{frame, frame}, {frame}}), "frame 1 has 1 samples, frame 0 has 2"),
            ErrorKind::input);
  EXPECT_EQ(kind_of(run({frame}, {{}}), "frame 0 has 0 samples"), ErrorKind::input);
  EXPECT_EQ(kind_of(run({frame}, {{to_frame({{0, 0, 0}})}}), "sample 0 of frame 0 has 1 atoms"),
            ErrorKind::input);
  io::Frame broken = frame;
  broken.xyz_A3[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(kind_of(run({frame}, {{broken}}), "sample 0 of frame 0: atom 2"), ErrorKind::numbers);
  EvaluateOptions options;
  options.map = io::contiguous_map(3, 2);
  EXPECT_EQ(kind_of(run({frame}, {{frame}}, options), "the mapping has 3 atoms"), ErrorKind::input);
}

TEST(Evaluate, OneAtomIsEnough) {
  const test::Molecule one = test::trace({{1, 2, 3}});
  const Evaluation e = evaluate(one.topology, {to_frame(one.points)}, {{to_frame({{1, 2, 5}})}});
  EXPECT_NEAR(e.value("rmsd_unaligned"), 2, 1e-12);
  EXPECT_NEAR(e.value("rmsd"), 0, 1e-12);
  EXPECT_FALSE(e.has("trace_nged"));  // no bonds to compare
  EXPECT_EQ(e.value("trace_valid_fraction"), 1);
}

TEST(Evaluate, JsonSaysItAll) {
  const test::Molecule& m = molecule();
  EvaluateOptions options;
  options.z_drawn = "from the prior";
  options.map = io::contiguous_map(m.topology.n_atoms(), 3);
  options.training = {noisy(m, 1, 0.1), noisy(m, 2, 0.1)};
  const Evaluation e =
      evaluate(m.topology, {to_frame(m.points)}, {{noisy(m, 3, 0.1), noisy(m, 4, 0.1)}}, options);
  const auto json = nlohmann::json::parse(to_json(e));
  EXPECT_EQ(json["z_drawn"], "from the prior");
  EXPECT_EQ(json["detail"], "all_atom");
  EXPECT_EQ(json["metrics"].size(), e.entries.size());
  EXPECT_EQ(json["metrics"][0]["name"], "rmsd");
  EXPECT_EQ(json["metrics"][0]["value"], e.value("rmsd"));
  for (const auto& entry : json["metrics"]) {
    EXPECT_TRUE(entry["value"].is_number()) << entry;
    EXPECT_FALSE(entry["definition"].get<std::string>().empty()) << entry;
  }
  EXPECT_EQ(json["baselines"].size(), 3u);
  EXPECT_EQ(json["torsion_counts"]["reference"]["phi_psi"].size(), 36u * 36);

  const std::string path = ::testing::TempDir() + "regrain_evaluation.json";
  write_json(e, path, true);
  std::ifstream file(path);
  EXPECT_EQ(nlohmann::json::parse(file), json);
  EXPECT_THROW(write_json(e, path), Error);  // never over an existing file unless told to
  std::remove(path.c_str());
}

TEST(Evaluate, NamesAreUnique) {
  const test::Molecule& m = molecule();
  EvaluateOptions options;
  options.map = io::contiguous_map(m.topology.n_atoms(), 3);
  const Frames reference{noisy(m, 1, 0.1), noisy(m, 2, 0.1)};
  const Evaluation e =
      evaluate(m.topology, reference,
               {{noisy(m, 3, 0.1), noisy(m, 4, 0.1)}, {noisy(m, 5, 0.1), noisy(m, 6, 0.1)}}, options);
  std::map<std::string, int> seen;
  for (const Entry& entry : e.entries) EXPECT_EQ(++seen[entry.name], 1) << entry.name;
  EXPECT_TRUE(e.has("diversity_score"));
  EXPECT_TRUE(e.has("rmsf_over_residual"));
}

}  // namespace
}  // namespace regrain::metrics
