// The shipped stage from alpha carbons to all atoms, called as a program would call it.
#include <gtest/gtest.h>

#include <cmath>

#include "driver/chain.hpp"
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
  return chain.refine(context, chain.topologies(p.trace, "trp-cage"), frame, 0, options, {}).front().xyz_A3;
}

// CA are given back to the bit; the rest turns with them.
TEST(ShippedStage, TurnsWithTheTrace) {
  const TrpCage p;
  Context context(1);
  Chain chain(std::vector<std::string>{});
  const std::vector<float> here = refined(chain, context, p, p.frame);
  for (std::uint64_t seed : {1, 2, 3}) {
    const test::Motion m = test::random_motion(seed, false);
    const auto moved = [&](const std::vector<float>& points) {
      std::vector<float> out(points.size());
      for (std::size_t at = 0; at < points.size(); at += 3)
        for (std::size_t a = 0; a < 3; ++a) {
          double sum = m.shift[a];
          for (std::size_t k = 0; k < 3; ++k) sum += m.r[a][k] * static_cast<double>(points[at + k]);
          out[at + a] = static_cast<float>(sum);
        }
      return out;
    };
    io::Frame turned = p.frame;
    turned.xyz_A3 = moved(p.frame.xyz_A3);
    const std::vector<float> there = refined(chain, context, p, turned), want = moved(here);
    double most = 0;
    for (std::size_t i = 0; i < want.size(); ++i) most = std::max(most, std::abs(static_cast<double>(want[i] - there[i])));
    // relaxation stops after a number of steps, near the end of which roundings grow
    EXPECT_LT(most, 2e-3) << "motion " << seed;
    ChainOptions plain;
    plain.refine.relax = false;
    const std::vector<float> unrelaxed = moved(refined(chain, context, p, p.frame, plain)), turned_plain = refined(chain, context, p, turned, plain);
    most = 0;
    for (std::size_t i = 0; i < want.size(); ++i) most = std::max(most, std::abs(static_cast<double>(unrelaxed[i] - turned_plain[i])));
    EXPECT_LT(most, 1e-4) << "motion " << seed;
  }
}

}  // namespace
}  // namespace regrain::driver
