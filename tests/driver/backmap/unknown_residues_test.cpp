// Residues without a template keep their alpha carbon; what other programs call the standard ones is built.
#include <cmath>
#include <filesystem>

#include "models/allatom/side_chain_templates.hpp"
#include "tests/driver/backmap/traces.hpp"
#include "tests/support/test_folder.hpp"

namespace regrain::backmap_test {
namespace {

using models::allatom::residue_templates;
using models::allatom::type_of_residue;

class UnknownResidues : public ::testing::Test {
 protected:
  // The trace rebuilt, with what was said.
  io::Structure built(const Trace& trace, const Words& more = {}) {
    trace.write(folder_.path("in.pdb"));
    Words words{folder_.path("in.pdb"), "--force", "-o", folder_.path("out.pdb")};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = backmap(words);
    EXPECT_EQ(outcome.exit_code, kDone) << outcome.error;
    talk_ = outcome.talk;
    return outcome.exit_code == kDone ? io::load_frames({folder_.path("out.pdb")}, "", {.unknown_as_ca = true}) : io::Structure{};
  }
  void says(const std::string& piece) const { EXPECT_NE(talk_.find(piece), std::string::npos) << "no \"" << piece << "\" in: " << talk_; }

  test::TestFolder folder_;
  std::string talk_;
};

double distance(const io::Structure& s, int r, const char* a, int q, const char* b) {
  const float* x = s.frames[0].xyz_A3.data() + 3 * s.topology.find_atom(r, a);
  const float* y = s.frames[0].xyz_A3.data() + 3 * s.topology.find_atom(q, b);
  return std::hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

int n_heavy(const std::string& name) { return residue_templates()[static_cast<std::size_t>(type_of_residue(name))].n_slots; }

TEST_F(UnknownResidues, KeepTheirAlphaCarbonBetweenWholeNeighbours) {
  Trace t = two_chains();
  t.residue(0).name = "ABC";
  t.residue(9).name = "UNK";
  t.residue(27).name = "XYZ";
  const io::Structure s = built(t);
  expect_built(folder_.path("in.pdb"), "", folder_.path("out.pdb"));
  ASSERT_EQ(s.topology.n_residues(), 28);
  for (int r = 0; r < 28; ++r) {
    const bool unknown = r == 0 || r == 9 || r == 27;
    // the end of chain A has OXT; that of chain B is unknown
    EXPECT_EQ(s.topology.residues[r].n_atoms, unknown ? 1 : n_heavy(s.topology.residues[r].name) + (r == 19)) << r;
  }
  // peptides lead to it and away from it as to any residue
  EXPECT_NEAR(distance(s, 8, "C", 9, "CA"), 2.43, 0.15);
  EXPECT_NEAR(distance(s, 9, "CA", 10, "N"), 2.43, 0.15);
  EXPECT_NEAR(distance(s, 0, "CA", 1, "N"), 2.43, 0.15);
  EXPECT_NEAR(distance(s, 26, "C", 27, "CA"), 2.43, 0.15);
  says("in.pdb: 3 unknown residues keep their alpha carbon alone (A/ABC 1, A/UNK 10, B/XYZ 14)");
  EXPECT_EQ(talk_.find("warning:"), talk_.rfind("warning:")) << talk_;
}

TEST_F(UnknownResidues, AreLeftOutWhereThatIsAskedFor) {
  Trace t = two_chains();
  t.residue(9).name = "UNK";
  const io::Structure s = built(t, {"--drop-unknown"});
  ASSERT_EQ(s.topology.n_residues(), 27);
  EXPECT_EQ(s.topology.residue_label(9), "A/GLY 11");
  EXPECT_EQ(talk_.find("unknown"), std::string::npos) << talk_;
}

TEST_F(UnknownResidues, ManyAreCountedAndTenNamed) {
  Trace t = two_chains();
  for (int r = 0; r < 12; ++r) t.residue(r).name = "UNK";
  EXPECT_EQ(built(t).topology.n_residues(), 28);
  says("12 unknown residues keep their alpha carbon alone (A/UNK 1, A/UNK 2, ");
  says("A/UNK 10 and 2 more)");
  for (int r = 0; r < 28; ++r) t.residue(r).name = "UNK";
  EXPECT_EQ(built(t).topology.n_atoms(), 28);
}

TEST_F(UnknownResidues, NamesOfATrajectoryToo) {
  Trace t = two_chains(2);
  t.residue(9).name = "UNK";
  t.write(folder_.path("in.dcd"));
  t.frames.resize(1);
  t.write(folder_.path("top.pdb"));
  const Outcome outcome = backmap({folder_.path("in.dcd"), "--top", folder_.path("top.pdb"), "-o", folder_.path("out.cif")});
  ASSERT_EQ(outcome.exit_code, kDone) << outcome.error;
  expect_built(folder_.path("in.dcd"), folder_.path("top.pdb"), folder_.path("out.cif"));
  EXPECT_NE(outcome.talk.find("top.pdb: 1 unknown residue keeps its alpha carbon alone (A/UNK 10)"), std::string::npos) << outcome.talk;
}

// What programs call protonated, bridged and modified residues: built as the standard one, or kept as a CA.
TEST_F(UnknownResidues, AliasesAreNoneOfThem) {
  const std::pair<const char*, const char*> names[] = {
      {"MSE", "MET"}, {"HSD", "HIS"}, {"HSE", "HIS"}, {"HSP", "HIS"}, {"HID", "HIS"}, {"HIE", "HIS"}, {"HIP", "HIS"}, {"CYX", "CYS"},
      {"CYM", "CYS"}, {"LYN", "LYS"}, {"ASH", "ASP"}, {"GLH", "GLU"}, {"SEP", "SEP"}, {"TPO", "TPO"}, {"PTR", ""},    {"SEC", ""},
      {"PYL", ""}};
  for (const char* record : {"ATOM  ", "HETATM"})
    for (const auto& [name, standard] : names) {
      Trace t = one_chain();
      t.residue(9).name = name;
      t.write(folder_.path("in.pdb"));
      std::string text = test::bytes_of(folder_.path("in.pdb"));
      text.replace(text.find(name) - 17, 6, record);
      folder_.write("in.pdb", text);
      const Outcome outcome = backmap({folder_.path("in.pdb"), "--draws", "2", "--force", "-o", folder_.path("out.pdb")});
      ASSERT_EQ(outcome.exit_code, kDone) << name << ": " << outcome.error;
      const io::Structure s = io::load_frames({folder_.path("out.pdb")}, "", {.unknown_as_ca = true});
      ASSERT_EQ(s.topology.n_residues(), 20) << name;
      const io::Residue& made = s.topology.residues[9];
      const bool known = *standard != '\0';
      EXPECT_EQ(made.name, known ? standard : name);
      EXPECT_EQ(made.n_atoms, known ? n_heavy(standard) : 1) << name;
      EXPECT_EQ(outcome.talk.find("unknown") == std::string::npos, known) << name << ": " << outcome.talk;
    }
}

}  // namespace
}  // namespace regrain::backmap_test
