#include "io/topology.hpp"

#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

TEST(Topology, FindsAtomsAndLabels) {
  Topology topology = small_topology(3, 2);
  topology.check();
  EXPECT_EQ(topology.find_atom(1, "C"), 6);
  EXPECT_EQ(topology.find_atom(1, "CB"), -1);
  topology.residues[4].insertion = 'B';
  EXPECT_EQ(topology.residue_label(4), "B/GLY 2B");
  EXPECT_EQ(topology.residue_label(0), "A/GLY 1");
}

TEST(Topology, SubsetDropsEmptyResiduesAndChains) {
  const Topology topology = small_topology(3, 3);
  const Topology kept = subset(topology, {1, 9, 25, 26});  // A/1, A/3, C/1
  kept.check();
  ASSERT_EQ(kept.chains.size(), 2u);
  EXPECT_EQ(kept.chains[1].id, "C");
  EXPECT_EQ(kept.n_residues(), 3);
  EXPECT_EQ(kept.residue_label(2), "C/GLY 1");
  EXPECT_EQ(kept.residues[2].n_atoms, 2);
  EXPECT_EQ(subset(topology, {}).n_atoms(), 0);
  expect_error(ErrorKind::internal, {"ascending"}, [&] { subset(topology, {3, 2}); });
}

TEST(Topology, CheckFindsBrokenPromises) {
  Topology topology = small_topology(2);
  topology.residues[1].first_atom = 3;
  expect_error(ErrorKind::internal, {"residue 1"}, [&] { topology.check(); });
  topology = small_topology(2);
  topology.atoms[5].residue = 0;
  expect_error(ErrorKind::internal, {"atom 5"}, [&] { topology.check(); });
  topology = small_topology(2);
  topology.chains[0].n_residues = 3;
  expect_error(ErrorKind::internal, {"chain 0"}, [&] { topology.check(); });
  Topology().check();
}

TEST(Topology, AlphaCarbonsNameTheResidueWithout) {
  Topology topology = small_topology(2);
  EXPECT_EQ(alpha_carbons(topology, "x.pdb"), (std::vector<int>{1, 5}));
  topology.atoms[5].name = "CB";
  expect_error(ErrorKind::input, {"x.pdb", "A/GLY 2", "CA"}, [&] { alpha_carbons(topology, "x.pdb"); });
}

}  // namespace
}  // namespace regrain::io
