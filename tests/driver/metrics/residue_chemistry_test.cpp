// The tables of the twenty amino acids.
#include "driver/metrics/residue_chemistry.hpp"

#include <gtest/gtest.h>

#include <set>

#include "models/residues.hpp"

namespace regrain::metrics {
namespace {

// Chi, rings and swaps stand here, bonds in the stages' templates: they must speak of the same atoms.
TEST(ResidueChemistry, FollowsTheBondsOfTheTemplates) {
  int n_known = 0, n_rings = 0;
  for (const models::ResidueTemplate& t : models::residue_templates()) {
    const ResidueChemistry* chemistry = residue_chemistry(std::string(t.name));
    if (!chemistry) continue;
    ++n_known;
    std::set<std::set<std::string>> bonds;
    for (int b = 0; b < t.n_bonds; ++b) bonds.insert({std::string(t.atom[t.bond[b].first]), std::string(t.atom[t.bond[b].second])});
    const auto partners = [&](const std::string& atom) {
      std::set<std::string> found;
      for (const auto& bond : bonds)
        if (bond.contains(atom)) found.insert(bond.begin(), bond.end());
      found.erase(atom);
      return found;
    };
    for (const auto& chi : chemistry->chi)
      for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(bonds.contains({chi[i], chi[i + 1]})) << t.name << " " << chi[i] << "-" << chi[i + 1];
    for (const auto& ring : chemistry->rings) {
      ++n_rings;
      for (std::size_t i = 0; i < ring.size(); ++i) {
        const std::string& next = ring[(i + 1) % ring.size()];
        EXPECT_TRUE(bonds.contains({ring[i], next})) << t.name << " " << ring[i] << "-" << next;
      }
    }
    // atoms that may be swapped have the same partners once all of them are swapped
    const auto twin = [&](const std::string& atom) {
      for (const auto& [a, b] : chemistry->swaps) {
        if (atom == a) return b;
        if (atom == b) return a;
      }
      return atom;
    };
    for (const auto& [a, b] : chemistry->swaps) {
      std::set<std::string> swapped;
      for (const std::string& atom : partners(b)) swapped.insert(twin(atom));
      EXPECT_EQ(partners(a), swapped) << t.name << " " << a << "-" << b;
    }
  }
  EXPECT_EQ(n_known, 20);
  EXPECT_EQ(n_rings, 6);  // two of tryptophan
}

}  // namespace
}  // namespace regrain::metrics
