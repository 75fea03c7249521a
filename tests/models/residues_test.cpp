#include "models/residues.hpp"

#include <gtest/gtest.h>

#include <set>

#include "engine/errors.hpp"
#include "models/genzprot/protein.hpp"

namespace regrain::models {
namespace {

TEST(Residues, HaveThePublishedNumbersOfAtoms) {
  constexpr int kHeavy[kResidueTypes] = {8, 10, 5,  4, 11, 8, 6,  8, 9, 8,  12,
                                         8, 7,  14, 9, 9,  7, 11, 6, 7, 11, 10};
  for (int i = 0; i < kResidueTypes; ++i) {
    const ResidueTemplate& t = residue_templates()[static_cast<std::size_t>(i)];
    EXPECT_EQ(t.n_slots, kHeavy[i]) << t.name;
    EXPECT_EQ(residue_type(t.name), i);
  }
  EXPECT_EQ(residue_type("MSE"), -1);
}

TEST(Residues, PlaceEveryAtomFromThreeEarlierOnes) {
  for (const ResidueTemplate& t : residue_templates())
    for (int s = 4; s < t.n_slots; ++s) {
      const auto& p = t.parents[static_cast<std::size_t>(s - 4)];
      EXPECT_EQ((std::set<int>{p[0], p[1], p[2], s}).size(), 4u) << t.name << " " << t.atom[s];
      for (int parent : p) EXPECT_LT(parent, s) << t.name << " " << t.atom[s];
    }
}

TEST(Residues, AreConnectedByTheirBonds) {
  for (const ResidueTemplate& t : residue_templates()) {
    std::set<int> reached{0};
    for (int round = 0; round < t.n_slots; ++round)
      for (int b = 0; b < t.n_bonds; ++b) {
        const auto [x, y] = t.bond[static_cast<std::size_t>(b)];
        if (reached.contains(x) || reached.contains(y)) reached.insert({x, y});
      }
    EXPECT_EQ(static_cast<int>(reached.size()), t.n_slots) << t.name;
    // one bond more than a tree needs for every ring
    const int rings = t.name == "TRP"                                                            ? 2
                      : t.name == "PRO" || t.name == "HIS" || t.name == "TYR" || t.name == "PHE" ? 1
                                                                                                 : 0;
    EXPECT_EQ(t.n_bonds, t.n_slots - 1 + rings) << t.name;
  }
}

TEST(Residues, KnowTheirAtoms) {
  EXPECT_EQ(slot_of_atom(residue_type("ALA"), "CA"), 3);
  EXPECT_EQ(slot_of_atom(residue_type("ALA"), "CG"), -1);
  EXPECT_EQ(slot_of_atom(residue_type("SEP"), "O2P"), slot_of_atom(residue_type("SEP"), "OE2"));
  EXPECT_EQ(atomic_number_of_slot(residue_type("MET"), slot_of_atom(residue_type("MET"), "SD")), 16);
  EXPECT_EQ(atomic_number_of_slot(residue_type("TPO"), slot_of_atom(residue_type("TPO"), "P")), 15);
}

const std::vector<ResidueName> kTriple{{"GLY", 0, 1}, {"SER", 0, 2}, {"GLY", 0, 3}};
const std::vector<AtomName> kTripleAtoms{{"CA", 0}, {"N", 1},  {"H", 1},  {"CA", 1}, {"C", 1},
                                         {"O", 1},  {"CB", 1}, {"OG", 1}, {"CA", 2}};

TEST(Protein, TrimsTheEndsAndSkipsHydrogens) {
  const Protein p = make_protein(kTriple, kTripleAtoms);
  EXPECT_EQ(p.n_residues(), 1);
  EXPECT_EQ(p.source_atom, (std::vector<int>{1, 3, 4, 5, 6, 7}));
  EXPECT_EQ(p.slot, (std::vector<int>{1, 3, 2, 0, 4, 5}));
  EXPECT_EQ(p.near_pairs.size(), 5u + 5u);  // bonds, angles
}

TEST(Protein, NamesWhatIsWrong) {
  const auto message = [](auto residues, auto atoms) {
    try {
      make_protein(residues, atoms);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input);
      return std::string(e.what());
    }
    return std::string();
  };
  auto residues = kTriple;
  residues[1].name = "XYZ";
  EXPECT_NE(message(residues, kTripleAtoms).find("XYZ 2"), std::string::npos);
  auto atoms = kTripleAtoms;
  atoms[8].name = "N";
  EXPECT_NE(message(kTriple, atoms).find("GLY 3 has no CA"), std::string::npos);
  atoms = kTripleAtoms;
  atoms[2].name = "N";
  EXPECT_NE(message(kTriple, atoms).find("two atoms N"), std::string::npos);
  EXPECT_NE(message(std::vector<ResidueName>{{"GLY", 0, 1}, {"GLY", 0, 2}},
                    std::vector<AtomName>{{"CA", 0}, {"CA", 1}})
                .find("three"),
            std::string::npos);
}

TEST(Protein, BondsChainsAndBridges) {
  std::vector<ResidueName> residues;
  std::vector<AtomName> atoms;
  for (int r = 0; r < 6; ++r) {
    residues.push_back({"CYS", r >= 3, r + 1});
    for (const char* name : {"N", "CA", "C", "O", "CB", "SG"}) atoms.push_back({name, r});
  }
  const auto linked = [](const Protein& p, int a, int b) {
    return std::find(p.near_pairs.begin(), p.near_pairs.end(), std::pair{a, b}) != p.near_pairs.end();
  };
  // atoms of residue r start at 6 (r - 1)
  const Protein apart = make_protein(residues, atoms), bridged = make_protein(residues, atoms, {{11, 29}});
  EXPECT_TRUE(linked(apart, 2, 6));    // C - N along the chain
  EXPECT_FALSE(linked(apart, 8, 12));  // a new chain
  EXPECT_FALSE(linked(apart, 5, 23));
  EXPECT_TRUE(linked(bridged, 5, 23));  // SG - SG
  EXPECT_TRUE(linked(bridged, 4, 23));  // CB - SG, two bonds
  EXPECT_EQ(apart.backbone_pairs, (std::vector<std::pair<int, int>>{{6, 3}, {18, 15}}));
}

}  // namespace
}  // namespace regrain::models
