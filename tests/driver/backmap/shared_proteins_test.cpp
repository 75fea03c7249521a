// Crystal structures as the PDB has them, where they are at hand (REGRAIN_SHARED_DIR, or ../shared beside the sources): chains,
// names, numbers, insertion codes and their order come out as they went in, compared column by column.
#include <zlib.h>

#include <filesystem>
#include <set>

#include "tests/driver/backmap/command.hpp"
#include "tests/io/test_files.hpp"

namespace regrain::backmap_test {
namespace {

// Columns 18 to 27 of every residue's CA in the first model, one of alternatives each; MSE as the MET that is built.
Words residues_of(const std::string& path) {
  Words residues;
  std::set<std::string> seen;
  const gzFile file = gzopen(path.c_str(), "rb");
  char line[200];
  while (gzgets(file, line, sizeof line)) {
    const std::string text(line);
    if (text.starts_with("ENDMDL")) break;
    if ((!text.starts_with("ATOM") && !text.starts_with("HETATM")) || text.substr(12, 4) != " CA ") continue;
    if (!seen.insert(text.substr(21, 6)).second) continue;
    residues.push_back((text.substr(17, 3) == "MSE" ? "MET" : text.substr(17, 3)) + text.substr(20, 7));
  }
  gzclose(file);
  return residues;
}

struct Entry {
  const char* name;
  std::size_t n_residues;
  const char* said;  // of what is unknown in it
};

TEST(SharedProteins, KeepChainsNumbersAndInsertionCodes) {
  const std::string data = io::shared_data();
  if (data.empty()) GTEST_SKIP() << "no shared data; set REGRAIN_SHARED_DIR";
  // eight chains; insertion codes; selenomethionines; an unknown amino acid; a chain of unknown residues
  const Entry entries[] = {{"2ISK", 1752, ""}, {"1AVG", 442, ""}, {"3HTN", 425, ""}, {"5EIL", 476, "BP5"}, {"3GNN", 518, "D/UNK 169"}};
  int n_found = 0;
  for (const Entry& entry : entries) {
    const std::string in = data + "/raw/" + entry.name + ".pdb.gz";
    if (!std::filesystem::exists(in)) continue;
    ++n_found;
    const io::TestFolder folder;
    const Outcome outcome = backmap({in, "-o", folder.path("out.pdb")});
    ASSERT_EQ(outcome.exit_code, kDone) << entry.name << ": " << outcome.error;
    const Words given = residues_of(in), made = residues_of(folder.path("out.pdb"));
    ASSERT_EQ(given.size(), entry.n_residues) << entry.name;
    ASSERT_EQ(made.size(), entry.n_residues) << entry.name;
    for (std::size_t r = 0; r < given.size(); ++r) EXPECT_EQ(made[r], given[r]) << entry.name << ", residue " << r;
    expect_built(in, "", folder.path("out.pdb"));
    EXPECT_NE(outcome.talk.find(entry.said), std::string::npos) << outcome.talk;
    EXPECT_EQ(outcome.talk.find("unknown") == std::string::npos, *entry.said == '\0') << outcome.talk;
  }
  EXPECT_GT(n_found, 0) << "no entry in " << data << "/raw";
}

}  // namespace
}  // namespace regrain::backmap_test
