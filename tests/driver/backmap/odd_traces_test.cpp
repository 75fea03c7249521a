// Traces that no protein has, and such as few have: broken, crowded, straight, tiny, large, far apart.
#include <cmath>
#include <filesystem>
#include <functional>

#include "tests/driver/backmap/traces.hpp"
#include "tests/support/test_folder.hpp"

namespace regrain::backmap_test {
namespace {

using test::TestFolder;

class OddTraces : public ::testing::Test {
 protected:
  io::Structure built(const Trace& trace, const std::string& extension = ".pdb", const Words& more = {}) {
    trace.write(folder_.path("in" + extension));
    const std::string out = folder_.path("out" + extension);
    Words words{folder_.path("in" + extension), "--force", "-o", out};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = backmap(words);
    EXPECT_EQ(outcome.exit_code, kDone) << outcome.error;
    if (outcome.exit_code != kDone) return {};
    expect_built(folder_.path("in" + extension), "", out);
    return io::load_frames({out}, "");
  }
  void refused(const Trace& trace, ErrorKind kind, const Words& pieces, const std::string& out = ".pdb", const std::string& in = ".cif") {
    trace.write(folder_.path("in" + in));
    const Outcome outcome = backmap({folder_.path("in" + in), "-o", folder_.path("bad" + out)});
    EXPECT_EQ(outcome.exit_code, static_cast<int>(kind)) << outcome.error;
    for (const std::string& piece : pieces) EXPECT_NE(outcome.error.find(piece), std::string::npos) << "no \"" << piece << "\" in: " << outcome.error;
    EXPECT_FALSE(std::filesystem::exists(folder_.path("bad" + out)));
  }
  TestFolder folder_;
};

double distance(const io::Structure& s, int r, const char* a, int q, const char* b) {
  const float* x = s.frames[0].xyz_A3.data() + 3 * s.topology.find_atom(r, a);
  const float* y = s.frames[0].xyz_A3.data() + 3 * s.topology.find_atom(q, b);
  return std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

// How far lengths N-CA, CA-C, C-O are from ideal ones at worst, Angstrom.
double worst_backbone(const io::Structure& s) {
  double worst = 0;
  for (int r = 0; r < s.topology.n_residues(); ++r)
    for (const auto& [a, b, length] : {std::tuple{"N", "CA", 1.46}, {"CA", "C", 1.525}, {"C", "O", 1.23}})
      worst = std::max(worst, std::abs(distance(s, r, a, r, b) - length));
  return worst;
}

// Only these residues of a trace of one chain.
Trace without(const Trace& t, int first, int last) {
  Trace out;
  std::vector<int> kept;
  for (int r = 0; r < t.topology.n_residues(); ++r)
    if (r < first || r > last) kept.push_back(r);
  out.topology = io::subset(t.topology, kept);
  out.frames.resize(1);
  for (const int r : kept) out.frames[0].xyz_A3.insert(out.frames[0].xyz_A3.end(), t.frames[0].xyz_A3.begin() + 3 * r, t.frames[0].xyz_A3.begin() + 3 * r + 3);
  return out;
}

// n leucines, each where place(i, xyz) puts it; a chain of residues, or of one each.
Trace leucines(int n, bool one_chain, const std::function<void(int, float*)>& place) {
  Trace t;
  t.frames.resize(1);
  t.frames[0].xyz_A3.resize(static_cast<std::size_t>(3 * n));
  for (int i = 0; i < n; ++i) {
    if (i == 0 || !one_chain) t.topology.chains.push_back({std::string(1, static_cast<char>('A' + i % 26)), i, 0});
    ++t.topology.chains.back().n_residues;
    t.topology.residues.push_back({"LEU", i + 1, ' ', static_cast<int>(t.topology.chains.size()) - 1, i, 1});
    t.topology.atoms.push_back({"CA", "C", i});
    place(i, t.ca(i));
  }
  return t;
}

void at_zero(int, float* x) { std::fill_n(x, 3, 0.f); }
void on_a_line(int i, float* x) { x[0] = 3.8f * static_cast<float>(i), x[1] = x[2] = 0; }

TEST_F(OddTraces, AGapIsNotClosed) {
  const io::Structure s = built(without(one_chain(), 8, 11));
  ASSERT_EQ(s.topology.n_residues(), 16);
  EXPECT_LT(worst_backbone(s), 0.25);
  EXPECT_GT(distance(s, 7, "C", 8, "N"), 2.5);
  EXPECT_LT(distance(s, 8, "C", 9, "N"), 1.5);
}

TEST_F(OddTraces, ANearPair) {
  for (const float apart : {2.4f, 2.f, 0.5f, 0.f}) {
    Trace t = one_chain();
    const float *here = t.ca(9), *next = t.ca(10);
    float moved[3], length = 0;
    for (int k = 0; k < 3; ++k) length = std::hypot(length, next[k] - here[k]);
    for (int k = 0; k < 3; ++k) moved[k] = here[k] + apart * (next[k] - here[k]) / length;
    std::copy_n(moved, 3, t.ca(10));
    ASSERT_EQ(built(t).topology.n_residues(), 20) << apart;
  }
}

TEST_F(OddTraces, AllTooNear) {
  Trace t = one_chain();
  for (float& x : t.frames[0].xyz_A3) x *= 0.6f;
  refused(t, ErrorKind::input, {"in.cif", "apart (median)", "expected 3.8 Angstrom"});
}

TEST_F(OddTraces, Collinear) {
  const io::Structure s = built(leucines(12, true, on_a_line));
  ASSERT_EQ(s.topology.n_residues(), 12);
  EXPECT_LT(worst_backbone(s), 0.25);
}

TEST_F(OddTraces, OneResidueAndTwo) {
  for (const int n : {1, 2}) {
    const io::Structure s = built(trace_of({{'A', 0, n, 0}}));
    ASSERT_EQ(s.topology.n_residues(), n);
    EXPECT_EQ(s.topology.n_atoms(), n == 1 ? 9 : 17);  // ASN, LEU, OXT
    EXPECT_LT(worst_backbone(s), 0.25);
  }
}

TEST_F(OddTraces, AllAtOnePlaceButAFew) {
  refused(leucines(20, true, at_zero), ErrorKind::input, {"in.cif", "are 0 apart (median)", "expected 3.8 Angstrom"});
  refused(leucines(20, true, [](int i, float* x) { i < 4 ? on_a_line(i, x) : at_zero(i, x); }), ErrorKind::input, {"in.cif", "are 0 apart (median)"});
  // chains of one residue have no distances to tell by
  EXPECT_EQ(built(leucines(20, false, at_zero), ".cif").topology.n_residues(), 20);
}

TEST_F(OddTraces, MoreInOnePlaceThanMemoryHolds) {
  refused(leucines(1200, false, at_zero), ErrorKind::input, {"in.cif: frame 0", "more than 1000", "A/LEU 1;", "coordinates missing"});
}

TEST_F(OddTraces, ChainsFarApart) {
  const Trace both = trace_of({{'A', 0, 20, 0}, {'B', 0, 20, 1e4f}});
  EXPECT_LT(worst_backbone(built(both, ".cif")), 0.25);
  // neither chain sees the other; relaxation, which roundings lead elsewhere, is left out
  const io::Structure alone = built(one_chain(), ".cif", {"--no-relax"}), picked = built(both, ".cif", {"--no-relax"});
  ASSERT_EQ(picked.topology.n_atoms(), 2 * alone.topology.n_atoms());
  const std::size_t n = alone.frames[0].xyz_A3.size();
  for (std::size_t i = 0; i < n; ++i) {
    ASSERT_NEAR(picked.frames[0].xyz_A3[i], alone.frames[0].xyz_A3[i], 0.002);
    // side chains of the second are other draws, of residues 21 to 40
    const std::string& name = alone.topology.atoms[i / 3].name;
    if (name != "N" && name != "C" && name != "O" && name != "CB") continue;
    ASSERT_NEAR(picked.frames[0].xyz_A3[n + i], alone.frames[0].xyz_A3[i] + (i % 3 == 0 ? 1e4f : 0), 0.02);
  }
  refused(both, ErrorKind::output, {"bad.pdb: frame 0", "PDB columns hold", "mmCIF"});
  refused(trace_of({{'A', 0, 20, 0}, {'B', 0, 20, 2e5f}}), ErrorKind::input, {"in.cif: frame 0", "B/ASN 1", "x coordinate 199", "at most 100000"}, ".cif");
}

TEST_F(OddTraces, Large) {
  std::vector<Piece> pieces;
  for (int i = 0; i < 75; ++i) pieces.push_back({static_cast<char>('A' + i % 26), 0, 20, 35.f * static_cast<float>(i), static_cast<std::size_t>(i)});
  const io::Structure s = built(trace_of(pieces));
  ASSERT_EQ(s.topology.n_residues(), 1500);
  EXPECT_LT(worst_backbone(s), 0.3);
}

TEST_F(OddTraces, NoFrameAtAll) {
  Trace none = trace_of({{'A', 0, 8, 0}});  // so few that the header alone could hold a frame of them
  none.write(folder_.path("top.pdb"));
  none.frames.clear();
  none.write(folder_.path("in.dcd"));
  const Outcome outcome = backmap({folder_.path("in.dcd"), "--top", folder_.path("top.pdb"), "-o", folder_.path("bad.pdb")});
  EXPECT_EQ(outcome.exit_code, static_cast<int>(ErrorKind::input));
  EXPECT_NE(outcome.error.find("in.dcd: holds no frame"), std::string::npos) << outcome.error;
  EXPECT_FALSE(std::filesystem::exists(folder_.path("bad.pdb")));
}

}  // namespace
}  // namespace regrain::backmap_test
