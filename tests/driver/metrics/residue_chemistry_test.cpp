// The tables of the twenty amino acids.
#include "driver/metrics/residue_chemistry.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "models/residues.hpp"

namespace regrain::metrics {
namespace {

using Bond = std::set<std::string>;

// the stages' table and this one say the same
TEST(ResidueChemistry, BondsAreThoseOfTheTemplates) {
  const Bond backbone[] = {{"N", "CA"}, {"CA", "C"}, {"C", "O"}, {"CA", "CB"}};
  int n_known = 0;
  for (const models::ResidueTemplate& t : models::residue_templates()) {
    const ResidueChemistry* chemistry = residue_chemistry(std::string(t.name));
    if (!chemistry) continue;
    ++n_known;
    std::set<Bond> here, there;
    for (const auto& [a, b] : chemistry->bonds) here.insert({a, b});
    for (int b = 0; b < t.n_bonds; ++b) {
      const Bond bond{std::string(t.atom[t.bond[b].first]), std::string(t.atom[t.bond[b].second])};
      if (std::find(std::begin(backbone), std::end(backbone), bond) == std::end(backbone)) there.insert(bond);
    }
    EXPECT_EQ(here, there) << t.name;
    EXPECT_EQ(here.size(), chemistry->bonds.size()) << t.name;
  }
  EXPECT_EQ(n_known, 20);
}

}  // namespace
}  // namespace regrain::metrics
