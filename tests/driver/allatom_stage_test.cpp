// The shipped stage from alpha carbons to all atoms, called as a program would call it.
#include <gtest/gtest.h>

#include <cmath>

#include "driver/chain.hpp"
#include "driver/stage_config.hpp"
#include "io/trajectory.hpp"
#include "tests/support/equivariance.hpp"

namespace regrain::driver {
namespace {

struct TrpCage {
  io::Topology trace;
  io::Frame frame;

  TrpCage() {
    const io::Structure s = io::read_structure(REGRAIN_SOURCE_DIR "/tests/data/trpcage/trpcage_330K_heavy_top.pdb");
    const std::vector<int> ca = io::alpha_carbons(s.topology, "trp-cage");
    trace = io::subset(s.topology, ca);
    for (int a : ca) frame.xyz_A3.insert(frame.xyz_A3.end(), s.frames[0].xyz_A3.begin() + 3 * a, s.frames[0].xyz_A3.begin() + 3 * a + 3);
  }
};

std::vector<float> refined(Chain& chain, Context& context, const TrpCage& p, const io::Frame& frame, const ChainOptions& options = {}) {
  return chain.refine(context, chain.topologies(p.trace, "trp-cage"), {{frame}}, options).front().xyz_A3;
}

// CA are given back to the bit; the rest turns with them.
TEST(ShippedStage, TurnsWithTheTrace) {
  const TrpCage p;
  Context context(1);
  Chain chain(std::vector<std::string>{});
  const std::vector<float> here = refined(chain, context, p, p.frame);
  for (std::uint64_t seed : {1, 2, 3}) {
    const test::Motion m = test::random_motion(seed, false);
    io::Frame turned = p.frame;
    turned.xyz_A3 = test::moved(m, p.frame.xyz_A3);
    const std::vector<float> there = refined(chain, context, p, turned), want = test::moved(m, here);
    double most = 0;
    for (std::size_t i = 0; i < want.size(); ++i) most = std::max(most, std::abs(static_cast<double>(want[i] - there[i])));
    EXPECT_LT(most, 1e-4) << "motion " << seed;
    ChainOptions plain;
    plain.refine.relax = false;
    const std::vector<float> unrelaxed = test::moved(m, refined(chain, context, p, p.frame, plain)), turned_plain = refined(chain, context, p, turned, plain);
    most = 0;
    for (std::size_t i = 0; i < want.size(); ++i) most = std::max(most, std::abs(static_cast<double>(unrelaxed[i] - turned_plain[i])));
    EXPECT_LT(most, 1e-4) << "motion " << seed;
  }
}

// What training adds to frames depends on their keys alone, and validation sees nothing of it.
TEST(AllAtomStage, AugmentsTrainingFramesAlone) {
  const io::Structure s = io::read_structure(REGRAIN_SOURCE_DIR "/tests/data/trpcage/trpcage_330K_heavy_top.pdb");
  StageSetup setup;
  setup.fine = s.topology;
  setup.coarse = io::subset(s.topology, io::alpha_carbons(s.topology, "trp-cage"));
  const auto loss = [&](const std::string& train, bool augment, std::uint32_t step) {
    const auto stage = make_stage(parse_training_config(R"({"model": {"kind": "allatom", "channels": 16, "layers": 2, "neighbors": 8},
      "data": {"list": "list.tsv"}, "train": {)" + train + "}}", "config"), {});
    stage->initialize(3);
    Context context(1);
    const auto frame = stage->prepare(context, setup, s.frames[0]);
    const DrawKey key{.seed = 1, .frame = step, .sample = 0, .purpose = 0, .augment = augment};
    const auto batch = stage->make_batch(context, {frame.get(), frame.get()}, {key, {.seed = 1, .frame = step + 100, .augment = augment}});
    Tape<float> tape(context, TapeMode::infer);
    return stage->loss(tape, *batch, {}).total.item();
  };
  const std::string nothing = R"("dropout": 0, "edge_dropout": 0, "ca_noise": 0)";
  const float plain = loss(nothing, true, 7);
  EXPECT_EQ(loss(nothing, false, 7), plain);
  for (const char* some : {R"("dropout": 0.3, "edge_dropout": 0, "ca_noise": 0)", R"("dropout": 0, "edge_dropout": 0.3, "ca_noise": 0)",
                           R"("dropout": 0, "edge_dropout": 0, "ca_noise": 0.3, "noisy_share": 1)"}) {
    EXPECT_EQ(loss(some, false, 7), plain) << some;
    EXPECT_NE(loss(some, true, 7), plain) << some;
    EXPECT_EQ(loss(some, true, 7), loss(some, true, 7)) << some;
    EXPECT_NE(loss(some, true, 7), loss(some, true, 8)) << some;
  }
  EXPECT_EQ(loss(R"("dropout": 0, "edge_dropout": 0, "ca_noise": 0.3, "noisy_share": 0)", true, 7), plain);
}

}  // namespace
}  // namespace regrain::driver
