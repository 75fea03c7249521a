#include "driver/metrics/baselines.hpp"

#include <gtest/gtest.h>

#include "driver/metrics/beads.hpp"
#include "driver/metrics/superposition.hpp"
#include "engine/errors.hpp"
#include "tests/driver/metrics/peptide.hpp"

namespace regrain::metrics {
namespace {

using test::random_motion;
using test::random_points;

// Coordinates pass through float frames: this is what survives.
constexpr double kFloat = 1e-5;

std::vector<io::Frame> frames_of(const std::vector<Points>& structures) {
  std::vector<io::Frame> frames;
  for (const Points& points : structures) frames.push_back(to_frame(points));
  return frames;
}

// Twelve atoms with thermal noise, each frame somewhere else.
std::vector<Points> wobbling(int n_frames, double noise) {
  const Points base = random_points(12, 1, 5);
  std::vector<Points> all;
  for (int f = 0; f < n_frames; ++f) {
    const auto seed = static_cast<std::uint64_t>(100 + f);
    all.push_back(moved(random_motion(seed), test::plus(base, random_points(12, seed, noise))));
  }
  return all;
}

TEST(Beads, MeanOfTheirAtoms) {
  const io::BeadMap map{{1, 0, 1, -1}, 2};
  const Points beads = coarsen({{0, 0, 0}, {5, 5, 5}, {2, 4, 6}, {100, 0, 0}}, map);
  EXPECT_EQ(beads[0].x, 5);
  EXPECT_EQ(beads[1].z, 3);
  const BeadDisplacement d = bead_displacement(beads, {{5, 5, 5}, {1, 2, 0}});
  EXPECT_EQ(d.largest, 3);
  EXPECT_EQ(d.sum_squares, 9);
  EXPECT_THROW(coarsen({{0, 0, 0}}, map), Error);
}

TEST(MeanStructure, OfMovedCopiesIsTheStructure) {
  const auto structures = wobbling(6, 0);
  const auto frames = frames_of(structures);
  const io::BeadMap map = io::contiguous_map(12, 4);
  const MeanStructure model({frames, map});
  EXPECT_NEAR(superposed_rmsd(model.mean(), structures[0]), 0, kFloat);
  const Points elsewhere = moved(random_motion(55), structures[0]);
  EXPECT_NEAR(rmsd(model.place(coarsen(elsewhere, map)), elsewhere), 0, kFloat);
}

TEST(MeanStructure, IsNearerThanAnyFrame) {
  const auto structures = wobbling(40, 0.5);
  const auto frames = frames_of(structures);
  const io::BeadMap map = io::contiguous_map(12, 4);
  const Points mean = MeanStructure({frames, map}).mean();
  const auto spread_around = [&](const Points& center) {
    double sum = 0;
    for (const Points& s : structures) sum += std::pow(superposed_rmsd(center, s), 2);
    return sum;
  };
  for (int f = 0; f < 5; ++f)
    EXPECT_LT(spread_around(mean), spread_around(structures[static_cast<size_t>(f)]));
}

TEST(MeanStructure, AligningToItGivesItBack) {
  const auto frames = frames_of(wobbling(15, 2));
  const io::BeadMap map = io::contiguous_map(12, 4);
  const Points mean = MeanStructure({frames, map}).mean();
  Points again(mean.size());
  for (const io::Frame& frame : frames) {
    const Points points = to_points(frame), aligned = moved(superpose(points, mean), points);
    for (size_t a = 0; a < again.size(); ++a) again[a] = again[a] + (1.0 / 15) * aligned[a];
  }
  EXPECT_LT(rmsd(again, mean), 1e-5);
}

TEST(NearestFrame, FindsItsOwn) {
  const auto structures = wobbling(10, 1);
  const auto frames = frames_of(structures);
  const io::BeadMap map = io::contiguous_map(12, 5);
  const NearestFrame model({frames, map});
  for (int f : {0, 3, 9}) {
    const Points query = moved(random_motion(7), structures[static_cast<size_t>(f)]);
    EXPECT_EQ(model.nearest(coarsen(query, map)), f);
    EXPECT_NEAR(rmsd(model.place(coarsen(query, map)), query), 0, kFloat);
  }
}

TEST(LinearMap, RecoversALinearSystem) {
  // atoms are fixed affine combinations of the beads, and each bead is the mean of its two atoms
  const io::BeadMap map = io::contiguous_map(10, 5);
  std::vector<Points> structures;
  for (std::uint64_t f = 0; f < 30; ++f) {
    const Points beads = random_points(5, 10 + f, 6);
    Points atoms;
    for (size_t b = 0; b < 5; ++b) {
      const Vec3 off = 0.3 * (beads[(b + 1) % 5] - beads[b]) + 0.1 * (beads[(b + 3) % 5] - beads[b]);
      atoms.push_back(beads[b] + off);
      atoms.push_back(beads[b] - off);
    }
    structures.push_back(atoms);
  }
  const Points unseen = structures.back();
  structures.pop_back();
  const auto frames = frames_of(structures);
  EXPECT_NEAR(rmsd(LinearMap({frames, map}, 1e-9).place(coarsen(unseen, map)), unseen), 0, kFloat);
  // the default ridge shrinks a little; the mean structure knows nothing here
  EXPECT_LT(rmsd(LinearMap({frames, map}).place(coarsen(unseen, map)), unseen), 0.05);
  EXPECT_GT(rmsd(MeanStructure({frames, map}).place(coarsen(unseen, map)), unseen), 1);
}

TEST(LinearMap, KnownRidge) {
  // two beads on a line, distance 2; the atoms of bead 0 sit at +-1 towards bead 1. Weight of one frame:
  // (2 * 1) / (2 * 2 + 0.1)
  const io::BeadMap map{{0, 0, 1}, 2};
  const auto frames = frames_of({{{1, 0, 0}, {-1, 0, 0}, {2, 0, 0}}});
  const Points placed = LinearMap({frames, map}).place({{0, 0, 0}, {0, 4, 0}});
  EXPECT_NEAR(placed[0].y, 4 * 2 / 4.1, 1e-12);
  EXPECT_NEAR(placed[1].y, -4 * 2 / 4.1, 1e-12);
  EXPECT_NEAR(placed[2].y, 4, 1e-12);
}

TEST(LinearMap, CommutesWithMotionAndMirrors) {
  const auto frames = frames_of(wobbling(20, 1));
  const io::BeadMap map = io::contiguous_map(12, 4);
  const LinearMap model({frames, map});
  const Points beads = random_points(4, 77, 5);
  const Motion motion = random_motion(12);
  EXPECT_NEAR(rmsd(model.place(moved(motion, beads)), moved(motion, model.place(beads))), 0, 1e-12);
  EXPECT_NEAR(rmsd(model.place(test::mirrored(beads)), test::mirrored(model.place(beads))), 0, 1e-12);
}

TEST(LinearMap, KeepsBeadsInPlace) {
  // the mean of x_i - X_I over a bead is zero, so is the mean of its weights
  const auto frames = frames_of(wobbling(20, 1));
  const io::BeadMap map = io::contiguous_map(12, 4);
  const Points beads = random_points(4, 78, 5);
  EXPECT_LT(bead_displacement(coarsen(LinearMap({frames, map}).place(beads), map), beads).largest, 1e-5);
}

TEST(LinearMap, AtomsWithoutABeadGoByTheNearest) {
  const io::BeadMap map{{0, -1, 1, -1}, 2};
  const auto frames = frames_of({{{0, 0, 0}, {1, 0, 0}, {10, 0, 0}, {9, 0, 0}}});
  const Points placed = LinearMap({frames, map}, 1e-9).place({{0, 0, 0}, {0, 10, 0}});
  EXPECT_NEAR(placed[1].y, 1, 1e-6);
  EXPECT_NEAR(placed[3].y, 9, 1e-6);
}

TEST(Baselines, OneBeadAndOneFrame) {
  const auto frames = frames_of(wobbling(1, 0));
  const io::BeadMap map = io::contiguous_map(12, 1);
  const TrainingSet training{frames, map};
  const Points bead{{1, 2, 3}};
  for (const Points& placed : {MeanStructure(training).place(bead), NearestFrame(training).place(bead),
                               LinearMap(training).place(bead)})
    EXPECT_NEAR(distance(coarsen(placed, map)[0], bead[0]), 0, kFloat);
}

TEST(Baselines, RefuseWhatDoesNotFit) {
  const std::vector<io::Frame> none, frames = frames_of(wobbling(2, 0));
  const io::BeadMap map = io::contiguous_map(12, 3), other = io::contiguous_map(11, 3), gap{{0, 2, 2}, 3};
  EXPECT_THROW(MeanStructure({none, map}), Error);
  EXPECT_THROW(NearestFrame({frames, other}), Error);
  EXPECT_THROW(LinearMap({frames, gap}), Error);
  EXPECT_THROW(LinearMap({frames, map}).place(random_points(4, 1)), Error);
}

}  // namespace
}  // namespace regrain::metrics
