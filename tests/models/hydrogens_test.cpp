#include "models/allatom/hydrogens.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <set>

#include "engine/context.hpp"
#include "engine/errors.hpp"
#include "models/allatom/hydrogen_placement.hpp"

namespace regrain::models::allatom {
namespace {

using kernels::AtomClass;
using enum HydrogenKind;

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }

std::string names(const ResidueForm& form) {
  std::string text;
  for (const Hydrogen& h : hydrogens_of(form)) {
    if (!text.empty()) text += ' ';
    text += h.name;
  }
  return text;
}
std::string names(std::string_view type, bool first = false) { return names({.type = type_of_residue(type), .first = first}); }

TEST(Hydrogens, AreAsManyAsChemistryHas) {
  // inside a chain at pH 7, HIS neutral
  constexpr int kInside[kTypes] = {5, 13, 6, 4, 5, 8, 6, 3, 7, 11, 11, 13, 9, 9, 7, 5, 7, 10, 9, 9, 4, 6};
  for (int type = 0; type < kTypes; ++type) {
    const std::string_view name = residue_templates()[at(type)].name;
    const auto inside = hydrogens_of({.type = type}), first = hydrogens_of({.type = type, .first = true});
    EXPECT_EQ(static_cast<int>(inside.size()), kInside[type]) << name;
    EXPECT_EQ(first.size(), inside.size() + 2) << name;  // NH -> NH3+, N of PRO -> NH2+
    std::set<std::string_view> different;
    for (const Hydrogen& h : first) different.insert(h.name);
    EXPECT_EQ(different.size(), first.size()) << name;
  }
}

TEST(Hydrogens, HaveThePdbsNamesInItsOrder) {
  EXPECT_EQ(names("GLY"), "H HA2 HA3");
  EXPECT_EQ(names("GLY", true), "H1 H2 H3 HA2 HA3");
  EXPECT_EQ(names("PRO"), "HA HB2 HB3 HG2 HG3 HD2 HD3");
  EXPECT_EQ(names("PRO", true), "H2 H3 HA HB2 HB3 HG2 HG3 HD2 HD3");
  EXPECT_EQ(names("ILE"), "H HA HB HG12 HG13 HG21 HG22 HG23 HD11 HD12 HD13");
  EXPECT_EQ(names("THR"), "H HA HB HG1 HG21 HG22 HG23");
  EXPECT_EQ(names("ARG"), "H HA HB2 HB3 HG2 HG3 HD2 HD3 HE HH11 HH12 HH21 HH22");
  EXPECT_EQ(names("LYS"), "H HA HB2 HB3 HG2 HG3 HD2 HD3 HE2 HE3 HZ1 HZ2 HZ3");
  EXPECT_EQ(names("TRP"), "H HA HB2 HB3 HD1 HE1 HE3 HZ2 HZ3 HH2");
  EXPECT_EQ(names("SEP"), "H HA HB2 HB3");
  EXPECT_EQ(names("ASP"), "H HA HB2 HB3");
}

TEST(Hydrogens, FollowProtonationAndDisulfides) {
  const int his = type_of_residue("HIS"), cys = type_of_residue("CYS");
  EXPECT_EQ(names({.type = his}), "H HA HB2 HB3 HD2 HE1 HE2");
  EXPECT_EQ(names({.type = his, .histidine = Histidine::delta}), "H HA HB2 HB3 HD1 HD2 HE1");
  EXPECT_EQ(names({.type = his, .histidine = Histidine::charged}), "H HA HB2 HB3 HD1 HD2 HE1 HE2");
  EXPECT_EQ(names({.type = cys}), "H HA HB2 HB3 HG");
  EXPECT_EQ(names({.type = cys, .disulfide = true}), "H HA HB2 HB3");
}

// Every row names heavy neighbours of its parent, and as many hydrogens as leave it with the valence it should have.
TEST(Hydrogens, CompleteTheirParents) {
  for (int type = 0; type < kTypes; ++type)
    for (bool first : {false, true}) {
      const ResidueTemplate& t = residue_templates()[at(type)];
      const auto bonded = [&](int a, int b) {
        for (int k = 0; k < t.n_bonds; ++k)
          if (t.bond[at(k)] == std::pair{a, b} || t.bond[at(k)] == std::pair{b, a}) return true;
        return false;
      };
      for (const Hydrogen& h : hydrogens_of({.type = type, .first = first, .histidine = Histidine::charged})) {
        const std::string what = std::string(t.name) + " " + std::string(h.name);
        int heavy = h.kind == peptide ? 1 : 0, same = 0;
        for (int s = 0; s < t.n_slots; ++s) heavy += bonded(h.parent, s);
        for (const Hydrogen& other : hydrogens_of({.type = type, .first = first, .histidine = Histidine::charged})) same += other.parent == h.parent;
        const bool one_neighbour = h.kind == threefold || h.kind == twofold || h.kind == hydroxyl || h.kind == phenol || h.kind == thiol;
        EXPECT_EQ(heavy, h.kind == methine ? 3 : one_neighbour ? 1 : 2) << what;
        EXPECT_EQ(same, h.kind == threefold ? 3 : h.kind == methylene || h.kind == twofold ? 2 : 1) << what;
        EXPECT_TRUE(bonded(h.parent, h.reference[0])) << what;
        if (h.kind == peptide) continue;
        for (int k = 1; k < references_of(h.kind); ++k)
          EXPECT_TRUE(bonded(one_neighbour ? h.reference[0] : h.parent, h.reference[at(k)])) << what;
      }
    }
}

// ---- positions

struct Small {
  std::vector<AtomClass> heavy;
  std::vector<float> xyz;
  std::vector<HydrogenSite> sites;

  std::vector<float> placed() const {
    Context context(1);
    HydrogenPlacement p(heavy, sites);
    std::vector<float> out(3 * sites.size());
    p.place(context.host(), xyz.data(), out.data());
    return out;
  }
};

double distance(const float* a, const float* b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }
double angle(const float* a, const float* x, const float* b) {
  double along = 0;
  for (int k = 0; k < 3; ++k) along += static_cast<double>((a[k] - x[k]) * (b[k] - x[k]));
  return std::acos(along / distance(a, x) / distance(b, x)) * 180 / std::numbers::pi;
}

// a path C-C-C in the xy plane, the middle one bears two hydrogens
Small path() {
  return {{AtomClass::carbon, AtomClass::carbon, AtomClass::carbon},
          {1.26f, -0.88f, 0, 0, 0, 0, -1.26f, -0.88f, 0},
          {{methylene, 0, 1.09, 1, {0, 2, -1, -1}}, {methylene, 1, 1.09, 1, {0, 2, -1, -1}}}};
}

TEST(HydrogenPlacement, NumbersMethylenesByTheirSide) {
  const std::vector<float> h = path().placed();
  // (p - x) x (q - x) points to -z: p to the right, q to the left, both below
  EXPECT_GT(h[2], 0.8f);
  EXPECT_LT(h[5], -0.8f);
  const Small s = path();
  for (int k : {0, 1}) {
    EXPECT_NEAR(distance(h.data() + 3 * k, s.xyz.data() + 3), 1.09, 1e-5);
    for (int p : {0, 2}) EXPECT_NEAR(angle(h.data() + 3 * k, s.xyz.data() + 3, s.xyz.data() + 3 * p), 109.5, 1.0);
  }
  EXPECT_NEAR(angle(h.data(), s.xyz.data() + 3, h.data() + 3), 108, 1e-3);
}

TEST(HydrogenPlacement, PutsATwofoldTransThenCis) {
  Small s;
  s.heavy = {AtomClass::oxygen, AtomClass::carbon, AtomClass::nitrogen};
  s.xyz = {0, 1.23f, 0, 0, 0, 0, 1.1f, -0.7f, 0};
  for (int n : {0, 1}) s.sites.push_back({twofold, n, 1.01, 2, {1, 0, -1, -1}});
  const std::vector<float> h = s.placed();
  EXPECT_GT(distance(h.data(), s.xyz.data()), distance(h.data() + 3, s.xyz.data()) + 0.5);
  for (int k : {0, 1}) {
    EXPECT_NEAR(h[at(3 * k + 2)], 0, 1e-5);
    EXPECT_NEAR(angle(h.data() + 3 * k, s.xyz.data() + 6, s.xyz.data() + 3), 120, 1e-3);
  }
}

TEST(HydrogenPlacement, APeptideHydrogenNeedsNoBondToTheResidueBefore) {
  Small s;  // N, CA, C, C before, CA before
  s.heavy = {AtomClass::nitrogen, AtomClass::carbon, AtomClass::carbon, AtomClass::carbon, AtomClass::carbon};
  s.xyz = {0, 0, 0, 1.26f, 0.73f, 0, 1.2f, 2.1f, 0.6f, -1.15f, 0.66f, 0, -2.4f, -0.1f, 0};
  s.sites = {{peptide, 0, 1.01, 0, {1, 3, 4, 2}}};
  const std::vector<float> bonded = s.placed();
  EXPECT_NEAR(bonded[1], -1.01, 0.02);
  for (std::size_t k = 9; k < 15; k += 3) s.xyz[k] -= 20;
  const std::vector<float> broken = s.placed();
  EXPECT_NEAR(distance(broken.data(), s.xyz.data()), 1.01, 1e-5);
  EXPECT_NEAR(angle(broken.data(), s.xyz.data(), s.xyz.data() + 3), 119, 1e-3);
}

// SER-like: CA, CB, OG, and an oxygen that takes the bond; then a carbon in its place
TEST(HydrogenPlacement, HydroxylsTurnToAcceptorsAndAwayFromOthers) {
  Small s;
  s.heavy = {AtomClass::carbon, AtomClass::carbon, AtomClass::oxygen};
  s.xyz = {1.26f, -0.88f, 0, 0, 0, 0, -1.2f, -0.75f, 0};
  s.sites = {{hydroxyl, 0, 0.96, 2, {1, 0, -1, -1}}};
  const std::vector<float> alone = s.placed();  // anti
  for (double side : {1.0, -1.0}) {
    Small near = s;
    near.sites[0].kind = hydroxyl;
    // where a gauche hydrogen would point to
    const std::vector<float> acceptor = {-1.9f, -2.0f, static_cast<float>(2.2 * side)};
    near.heavy.push_back(AtomClass::oxygen);
    near.xyz.insert(near.xyz.end(), acceptor.begin(), acceptor.end());
    const std::vector<float> to_oxygen = near.placed();
    EXPECT_LT(distance(to_oxygen.data(), acceptor.data()), distance(alone.data(), acceptor.data()) - 0.3) << side;
    near.heavy.back() = AtomClass::carbon;
    for (std::size_t k = 0; k < 3; ++k) near.xyz[9 + k] = s.xyz[6 + k] + 2.2f * (alone[k] - s.xyz[6 + k]);
    const std::vector<float> from_carbon = near.placed();
    EXPECT_GT(distance(from_carbon.data(), near.xyz.data() + 9), 1.9) << side;
    EXPECT_NEAR(distance(from_carbon.data(), s.xyz.data() + 6), 0.96, 1e-5);
  }
}

TEST(HydrogenPlacement, IsFiniteForAtomsInOnePlaceOrOnALine) {
  for (float step : {0.f, 1.f}) {
    Small s;
    for (int a = 0; a < 6; ++a) s.heavy.push_back(AtomClass::carbon), s.xyz.insert(s.xyz.end(), {step * static_cast<float>(a), 0, 0});
    for (HydrogenKind kind : {methine, methylene, planar, peptide, threefold, twofold, hydroxyl, phenol, thiol})
      s.sites.push_back({kind, 1, 1, 2, {1, 3, 4, 5}});
    for (float x : s.placed()) EXPECT_TRUE(std::isfinite(x));
  }
}

TEST(HydrogenPlacement, RefusesAtomsThatAreNotThere) {
  EXPECT_THROW(HydrogenPlacement({AtomClass::carbon}, {{threefold, 0, 1, 0, {0, 1, -1, -1}}}), Error);
  HydrogenPlacement none({AtomClass::carbon}, {});
  Context context(1);
  const float xyz[3] = {};
  none.place(context.host(), xyz, nullptr);
  EXPECT_EQ(none.n_hydrogens(), 0);
}

}  // namespace
}  // namespace regrain::models::allatom
