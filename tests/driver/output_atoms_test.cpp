// Hydrogens and names of what is written, on structures of the shipped stage, of simulation, and of the PDB.
#include "driver/output_atoms.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numbers>

#include "driver/chain.hpp"
#include "io/trajectory.hpp"
#include "tests/support/equivariance.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/test_folder.hpp"

namespace regrain::driver {
namespace {

namespace m = models::allatom;

constexpr std::size_t at(int i) { return static_cast<std::size_t>(i); }
constexpr Naming kNamings[] = {Naming::pdb, Naming::amber, Naming::charmm, Naming::gromacs};

struct Made {
  io::Topology topology;
  io::Frame frame;
};

// What the shipped stage makes of two helices: all types as chain A, and as chain B what begins and ends with others
// and has every state of HIS.
const Made& all_types() {
  static const Made made = [] {
    io::Topology trace;
    io::Frame frame;
    std::vector<std::pair<std::string, std::string>> chains[2];
    for (const m::ResidueTemplate& t : m::residue_templates()) chains[0].push_back({std::string(t.name), ""});
    chains[1] = {{"PRO", ""}, {"HIS", "HSD"}, {"HIS", "HIP"}, {"HIS", "HSE"}, {"CYS", ""}, {"GLY", ""}, {"CYS", "CYX"}, {"ILE", ""}};
    for (int c = 0; c < 2; ++c) {
      trace.chains.push_back({c == 0 ? "A" : "B", trace.n_residues(), static_cast<int>(chains[c].size())});
      for (const auto& [name, alias] : chains[c]) {
        const int r = trace.n_residues();
        trace.residues.push_back({name, r + 1, ' ', c, r, 1, alias});
        trace.atoms.push_back({"CA", "C", r});
        const double turn = 100.0 * r * std::numbers::pi / 180;
        for (double x : {2.3 * std::cos(turn) + 40 * c, 2.3 * std::sin(turn), 1.5 * r}) frame.xyz_A3.push_back(static_cast<float>(x));
      }
    }
    Context context(1);
    Chain chain(std::vector<std::string>{});
    const auto topologies = chain.topologies(trace, "helices");
    return Made{topologies.back(), chain.refine(context, topologies, {{frame}}, {}).front()};
  }();
  return made;
}

const Made& trpcage() {
  static const Made made = [] {
    const io::Structure s = io::read_structure(REGRAIN_SOURCE_DIR "/tests/data/trpcage/trpcage_330K_heavy_top.pdb");
    return Made{s.topology, s.frames.front()};
  }();
  return made;
}

Made written(const Made& made, const OutputOptions& options) {
  Context context(1);
  OutputAtoms out(made.topology, options, &made.frame);
  return {out.topology(), out.convert(context.host(), made.frame)};
}

const float* xyz(const Made& made, int atom) { return made.frame.xyz_A3.data() + 3 * atom; }
double distance(const float* a, const float* b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

std::string atoms_of(const io::Topology& t, int r) {
  std::string text;
  for (int a = t.residues[at(r)].first_atom; a < t.residues[at(r)].first_atom + t.residues[at(r)].n_atoms; ++a)
    text += (text.empty() ? "" : " ") + t.atoms[at(a)].name;
  return text;
}
int residue_of(const io::Topology& t, const std::string& name) {
  for (int r = 1; r < t.n_residues(); ++r)
    if (t.residues[at(r)].name == name) return r;
  ADD_FAILURE() << "no " << name;
  return 0;
}

// ---- geometry

TEST(OutputAtoms, EveryHydrogenIsWhereItsBondsWantIt) {
  for (const Made& made : {all_types(), trpcage()}) {
    const Made out = written(made, {.hydrogens = true});
    ASSERT_EQ(out.frame.n_atoms(), out.topology.n_atoms());
    for (int h = 0; h < out.topology.n_atoms(); ++h) {
      if (out.topology.atoms[at(h)].element != "H") continue;
      const std::string what = out.topology.residue_label(out.topology.atoms[at(h)].residue) + " " + out.topology.atoms[at(h)].name;
      int parent = -1, others = 0;
      for (int a = 0; a < out.topology.n_atoms(); ++a)
        if (out.topology.atoms[at(a)].element != "H" && (parent < 0 || distance(xyz(out, a), xyz(out, h)) < distance(xyz(out, parent), xyz(out, h)))) parent = a;
      const std::string element = out.topology.atoms[at(parent)].element;
      const double length = element == "C" ? 1.085 : element == "N" ? 1.01 : element == "O" ? 0.96 : 1.34;
      EXPECT_NEAR(distance(xyz(out, parent), xyz(out, h)), length, 0.006) << what;
      for (int a = 0; a < out.topology.n_atoms(); ++a) {
        if (a == parent || a == h) continue;
        const double apart = distance(xyz(out, parent), xyz(out, a));  // bonded? to the parent, or as long a bond as this one
        if (out.topology.atoms[at(a)].element == "H" ? std::abs(apart - length) > 0.006 : apart > 1.95) continue;
        ++others;
        double along = 0;
        for (int k = 0; k < 3; ++k) along += static_cast<double>((xyz(out, h)[k] - xyz(out, parent)[k]) * (xyz(out, a)[k] - xyz(out, parent)[k]));
        const double angle = std::acos(along / distance(xyz(out, h), xyz(out, parent)) / distance(xyz(out, a), xyz(out, parent))) * 180 / std::numbers::pi;
        EXPECT_GT(angle, 94) << what << " " << out.topology.atoms[at(a)].name;
        EXPECT_LT(angle, 131) << what << " " << out.topology.atoms[at(a)].name;
      }
      EXPECT_GE(others, 1) << what;
    }
  }
}

// Of hydrogens with each other and with heavy atoms, but the one each is bonded to.
double nearest_contact(const Made& out) {
  double least = 100;
  for (int h = 0; h < out.topology.n_atoms(); ++h) {
    if (out.topology.atoms[at(h)].element != "H") continue;
    double parent = 100;
    for (int a = 0; a < out.topology.n_atoms(); ++a) {
      const double d = distance(xyz(out, a), xyz(out, h));
      if (a == h) continue;
      if (out.topology.atoms[at(a)].element == "H" || d >= parent) {
        least = std::min(least, d);
      } else {
        least = std::min(least, parent);  // what was taken for it
        parent = d;
      }
    }
  }
  return least;
}

TEST(OutputAtoms, HydrogensKeepApart) { EXPECT_GT(nearest_contact(written(trpcage(), {.hydrogens = true})), 1.4); }

TEST(OutputAtoms, TurnWithTheStructure) {
  const Made& made = all_types();
  const Made here = written(made, {.hydrogens = true});
  for (std::uint64_t seed : {1, 2, 3}) {
    const test::Motion motion = test::random_motion(seed, false);
    Made turned = made;
    turned.frame.xyz_A3 = test::moved(motion, made.frame.xyz_A3);
    const std::vector<float> there = written(turned, {.hydrogens = true}).frame.xyz_A3, want = test::moved(motion, here.frame.xyz_A3);
    for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(there[i], want[i], 2e-4) << i;
  }
}

TEST(OutputAtoms, GiveTheSameBitsForAnyNumberOfThreads) {
  const Made& made = all_types();
  std::vector<float> all[2];
  for (int threads : {1, 2}) {
    Context context(threads);
    OutputAtoms out(made.topology, {.hydrogens = true, .naming = Naming::amber}, &made.frame);
    out.convert(context.host(), made.frame);
    all[threads - 1] = out.convert(context.host(), made.frame).xyz_A3;  // a second time: nothing is left of the first
  }
  EXPECT_EQ(all[0], all[1]);
}

// ---- names

TEST(OutputAtoms, WithoutOptionsNothingChanges) {
  Context context(1);
  OutputAtoms out(all_types().topology, {}, nullptr);
  EXPECT_EQ(&out.convert(context.host(), all_types().frame), &all_types().frame);
  EXPECT_EQ(out.topology().n_atoms(), all_types().topology.n_atoms());
  EXPECT_TRUE(out.notes().empty());
}

TEST(OutputAtoms, HaveTheNamesOfThePdb) {
  const io::Topology t = written(all_types(), {.hydrogens = true}).topology;
  EXPECT_EQ(atoms_of(t, 0), "N CA C O CB H1 H2 H3 HA HB1 HB2 HB3");
  EXPECT_EQ(atoms_of(t, 21), "N CA C O CB OG1 CG2 P O1P O2P O3P OXT H HA HB HG21 HG22 HG23");
  EXPECT_EQ(atoms_of(t, 22), "N CA C O CB CG CD H2 H3 HA HB2 HB3 HG2 HG3 HD2 HD3");
  EXPECT_EQ(t.residues[23].name, "HIS");
  EXPECT_EQ(atoms_of(t, 23), "N CA C O CB CG ND1 CD2 CE1 NE2 H HA HB2 HB3 HD1 HD2 HE1");
  EXPECT_EQ(atoms_of(t, 24), "N CA C O CB CG ND1 CD2 CE1 NE2 H HA HB2 HB3 HD1 HD2 HE1 HE2");
}

// orders as in the residue libraries of AMBER (ff19SB and before)
TEST(OutputAtoms, HaveTheNamesOfAmber) {
  const io::Topology t = written(all_types(), {.hydrogens = true, .naming = Naming::amber}).topology;
  EXPECT_EQ(atoms_of(t, 0), "N H1 H2 H3 CA HA CB HB1 HB2 HB3 C O");
  EXPECT_EQ(atoms_of(t, 22), "N H2 H3 CD HD2 HD3 CG HG2 HG3 CB HB2 HB3 CA HA C O");
  EXPECT_EQ(atoms_of(t, 29), "N H CA HA CB HB CG2 HG21 HG22 HG23 CG1 HG12 HG13 CD1 HD11 HD12 HD13 C O OXT");
  EXPECT_EQ(atoms_of(t, residue_of(t, "TRP")), "N H CA HA CB HB2 HB3 CG CD1 HD1 NE1 HE1 CE2 CZ2 HZ2 CH2 HH2 CZ3 HZ3 CE3 HE3 CD2 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "TYR")), "N H CA HA CB HB2 HB3 CG CD1 HD1 CE1 HE1 CZ OH HH CE2 HE2 CD2 HD2 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "THR")), "N H CA HA CB HB CG2 HG21 HG22 HG23 OG1 HG1 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "SER")), "N H CA HA CB HB2 HB3 OG HG C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "GLY")), "N H CA HA2 HA3 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "HIE")), "N H CA HA CB HB2 HB3 CG ND1 CE1 HE1 NE2 HE2 CD2 HD2 C O");
  EXPECT_EQ(t.residues[23].name, "HID");
  EXPECT_EQ(t.residues[24].name, "HIP");
  EXPECT_EQ(t.residues[25].name, "HIE");
}

// orders as in the topologies of CHARMM22 to 36
TEST(OutputAtoms, HaveTheNamesOfCharmm) {
  const io::Topology t = written(all_types(), {.hydrogens = true, .naming = Naming::charmm}).topology;
  EXPECT_EQ(atoms_of(t, 0), "N HT1 HT2 HT3 CA HA CB HB1 HB2 HB3 C O");
  EXPECT_EQ(atoms_of(t, 22), "N HN1 HN2 CD HD1 HD2 CA HA CB HB1 HB2 CG HG1 HG2 C O");
  EXPECT_EQ(atoms_of(t, 29), "N HN CA HA CB HB CG2 HG21 HG22 HG23 CG1 HG11 HG12 CD HD1 HD2 HD3 C OT1 OT2");
  EXPECT_EQ(atoms_of(t, residue_of(t, "TRP")), "N HN CA HA CB HB1 HB2 CG CD1 HD1 NE1 HE1 CE2 CD2 CE3 HE3 CZ3 HZ3 CZ2 HZ2 CH2 HH2 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "TYR")), "N HN CA HA CB HB1 HB2 CG CD1 HD1 CE1 HE1 CZ OH HH CD2 HD2 CE2 HE2 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "THR")), "N HN CA HA CB HB OG1 HG1 CG2 HG21 HG22 HG23 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "SER")), "N HN CA HA CB HB1 HB2 OG HG1 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "CYS")), "N HN CA HA CB HB1 HB2 SG HG1 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "GLY")), "N HN CA HA1 HA2 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "HSE")), "N HN CA HA CB HB1 HB2 ND1 CG CE1 HE1 NE2 HE2 CD2 HD2 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "HSD")), "N HN CA HA CB HB1 HB2 ND1 HD1 CG CE1 HE1 NE2 CD2 HD2 C O");
  EXPECT_EQ(atoms_of(t, residue_of(t, "HSP")), "N HN CA HA CB HB1 HB2 CD2 HD2 CG NE2 HE2 ND1 HD1 CE1 HE1 C O");
}

TEST(OutputAtoms, HaveTheNamesOfGromacs) {
  const io::Topology t = written(all_types(), {.hydrogens = true, .naming = Naming::gromacs}).topology;
  EXPECT_EQ(atoms_of(t, 0), "N H1 H2 H3 CA HA CB HB1 HB2 HB3 C O");
  EXPECT_EQ(atoms_of(t, 22), "N H1 H2 CD HD1 HD2 CG HG1 HG2 CB HB1 HB2 CA HA C O");
  EXPECT_EQ(atoms_of(t, 29), "N H CA HA CB HB CG2 HG21 HG22 HG23 CG1 HG11 HG12 CD HD1 HD2 HD3 C OC1 OC2");
  EXPECT_EQ(atoms_of(t, residue_of(t, "SER")), "N H CA HA CB HB1 HB2 OG HG C O");
  EXPECT_EQ(t.residues[23].name, "HISD");
  EXPECT_EQ(t.residues[24].name, "HISH");
  EXPECT_EQ(t.residues[25].name, "HISE");
}

// What other names stand for are the same atoms: CHARMM's HB1 is the PDB's HB3, its HD21 of ASN is cis to OD1.
TEST(OutputAtoms, RenamedHydrogensStayWhereTheyAre) {
  const Made pdb = written(all_types(), {.hydrogens = true}), charmm = written(all_types(), {.hydrogens = true, .naming = Naming::charmm});
  const auto same = [&](const std::string& residue, const std::string& a, const std::string& b) {
    const int r = residue_of(pdb.topology, residue);
    const int i = pdb.topology.find_atom(r, a), j = charmm.topology.find_atom(r, b);
    ASSERT_TRUE(i >= 0 && j >= 0) << residue << " " << a << " " << b;
    EXPECT_EQ(distance(xyz(pdb, i), xyz(charmm, j)), 0) << residue << " " << a << " " << b;
  };
  same("LEU", "HB3", "HB1");
  same("LEU", "HB2", "HB2");
  same("GLY", "HA3", "HA1");
  same("ILE", "HG13", "HG11");
  same("ASN", "HD21", "HD22");
  same("GLN", "HE22", "HE21");
  const int r = residue_of(charmm.topology, "ASN");
  const auto to_oxygen = [&](const char* h) { return distance(xyz(charmm, charmm.topology.find_atom(r, h)), xyz(charmm, charmm.topology.find_atom(r, "OD1"))); };
  EXPECT_LT(to_oxygen("HD21"), to_oxygen("HD22"));
}

// Heavy atoms come back from every file that was written, under the names the program works with.
TEST(OutputAtoms, AreReadBackInEveryNaming) {
  const Made& made = all_types();
  test::TestFolder folder;
  for (Naming naming : kNamings)
    for (bool hydrogens : {false, true})
      for (const char* name : {"x.pdb", "x.cif"}) {
        const Made out = written(made, {.hydrogens = hydrogens, .naming = naming});
        io::write_structure(folder.path(name), out.topology, {out.frame}, {.force = true});
        const io::Structure read = io::read_structure(folder.path(name));
        ASSERT_EQ(read.topology.n_atoms(), made.topology.n_atoms()) << name << static_cast<int>(naming);
        ASSERT_EQ(read.topology.chains.size(), made.topology.chains.size());
        EXPECT_EQ(read.report.hydrogens_dropped, out.topology.n_atoms() - made.topology.n_atoms());
        for (int a = 0; a < made.topology.n_atoms(); ++a) {
          const int r = made.topology.atoms[at(a)].residue, found = read.topology.find_atom(r, made.topology.atoms[at(a)].name);
          ASSERT_EQ(read.topology.residues[at(r)].name, made.topology.residues[at(r)].name);
          ASSERT_GE(found, 0) << made.topology.residue_label(r) << " " << made.topology.atoms[at(a)].name;
          EXPECT_LT(distance(made.frame.xyz_A3.data() + 3 * a, read.frames[0].xyz_A3.data() + 3 * found), 1e-3);
        }
      }
}

TEST(OutputAtoms, ProtonationComesBackFromNamesOfForceFields) {
  test::TestFolder folder;
  for (Naming naming : {Naming::amber, Naming::charmm, Naming::gromacs}) {
    const Made out = written(all_types(), {.hydrogens = true, .naming = naming});
    io::write_structure(folder.path("x.pdb"), out.topology, {out.frame}, {.force = true});
    const io::Structure read = io::read_structure(folder.path("x.pdb"));
    const Made again = written({read.topology, read.frames[0]}, {.hydrogens = true, .naming = naming});
    ASSERT_EQ(again.topology.n_atoms(), out.topology.n_atoms());
    for (int a = 0; a < out.topology.n_atoms(); ++a) EXPECT_EQ(again.topology.atoms[at(a)].name, out.topology.atoms[at(a)].name);
  }
}

// ---- what only coordinates tell, and what is missing

TEST(OutputAtoms, DisulfidesAreThoseOfTheFirstStructure) {
  Made made = all_types();
  const int a = made.topology.find_atom(26, "SG"), b = made.topology.find_atom(28, "SG");
  for (int k = 0; k < 3; ++k) made.frame.xyz_A3[at(3 * b + k)] = made.frame.xyz_A3[at(3 * a + k)] + 1.2f;
  OutputAtoms out(made.topology, {.hydrogens = true, .naming = Naming::amber}, &made.frame);
  EXPECT_EQ(out.topology().residues[26].name, "CYX");
  EXPECT_EQ(out.topology().residues[28].name, "CYX");
  EXPECT_EQ(out.topology().find_atom(26, "HG"), -1);
  EXPECT_EQ(out.topology().residues[4].name, "CYS");
  EXPECT_GE(out.topology().find_atom(4, "HG"), 0);
  ASSERT_EQ(out.notes().size(), 1u);
  EXPECT_NE(out.notes()[0].find("1 disulfide"), std::string::npos) << out.notes()[0];
  // a later one has the same atoms, wherever its sulfurs are
  Context context(1);
  EXPECT_EQ(out.convert(context.host(), all_types().frame).n_atoms(), out.topology().n_atoms());
}

TEST(OutputAtoms, HydrogensOfAtomsThatAreMissingAreLeftOutAndTold) {
  std::vector<int> kept;
  const io::Topology& all = trpcage().topology;
  for (int a = 0; a < all.n_atoms(); ++a) {
    const int r = all.atoms[at(a)].residue;
    if ((r != 0 && r != 19) || all.atoms[at(a)].name == "CA") kept.push_back(a);
  }
  io::Frame frame;
  for (int a : kept) frame.xyz_A3.insert(frame.xyz_A3.end(), trpcage().frame.xyz_A3.begin() + 3 * a, trpcage().frame.xyz_A3.begin() + 3 * a + 3);
  const io::Topology some = io::subset(all, kept);
  OutputAtoms out(some, {.hydrogens = true}, &frame);
  EXPECT_EQ(atoms_of(out.topology(), 0), "CA");
  EXPECT_EQ(out.topology().find_atom(1, "H"), -1);  // the C before it is missing
  EXPECT_GE(out.topology().find_atom(1, "HA"), 0);
  EXPECT_GE(out.topology().find_atom(2, "H"), 0);
  ASSERT_EQ(out.notes().size(), 1u);
  // ASN of the start 8, H of LEU, SER of the end 5
  EXPECT_NE(out.notes()[0].find("14 are left out"), std::string::npos) << out.notes()[0];
  EXPECT_NE(out.notes()[0].find("A/ASN 1, A/LEU 2, A/SER 20"), std::string::npos) << out.notes()[0];
}

TEST(OutputAtoms, ATraceHasNeither) {
  const io::Topology trace = io::subset(trpcage().topology, io::alpha_carbons(trpcage().topology, "trp-cage"));
  test::expect_error(ErrorKind::usage, {"--hydrogens", "20 particles in 20 residues", "allatom"}, [&] { check_output_atoms(trace, {.hydrogens = true}); });
  test::expect_error(ErrorKind::usage, {"--naming", "allatom"}, [&] { check_output_atoms(trace, {.naming = Naming::charmm}); });
  check_output_atoms(trace, {});
}

TEST(OutputAtoms, NamingsAreKnownByName) {
  EXPECT_EQ(naming_of("gromacs"), Naming::gromacs);
  test::expect_error(ErrorKind::usage, {"--naming", "opls", "pdb, amber, charmm or gromacs"}, [] { naming_of("opls"); });
}

// ---- against structures that come with hydrogens, where they are at hand

std::string shared_data() {
  const char* given = std::getenv("REGRAIN_SHARED_DIR");
  const std::string folder = std::string(given ? given : REGRAIN_SOURCE_DIR "/../shared") + "/data";
  return std::filesystem::is_directory(folder) ? folder : "";
}

// Hydrogens that their neighbours fix, placed anew, lie where the entry has those of the same names.
TEST(OutputAtoms, FindTheHydrogensOfStructuresInThePdb) {
  const std::string data = shared_data();
  if (data.empty()) GTEST_SKIP() << "no shared data; set REGRAIN_SHARED_DIR";
  int total = 0;
  for (const char* name : {"ensembles/1l2y.pdb", "ensembles/1gya.pdb", "ensembles/2axd.pdb", "raw/1VII.pdb.gz"}) {
    const io::Structure heavy = io::read_structure(data + "/" + name, {.max_models = 1}), truth = io::read_structure(data + "/" + name, {.beads = true, .max_models = 1});
    const Made out = written({heavy.topology, heavy.frames[0]}, {.hydrogens = true});
    EXPECT_GT(nearest_contact(out), 0.9) << name;
    double square = 0;
    int n = 0, n_far = 0;
    for (int r = 0; r < heavy.topology.n_residues(); ++r) {
      int same = -1;  // the entry may have residues that are no amino acids
      for (int t = 0; t < truth.topology.n_residues(); ++t)
        if (truth.topology.residue_label(t) == heavy.topology.residue_label(r)) same = t;
      m::ResidueForm form{.type = m::type_of_residue(heavy.topology.residues[at(r)].name), .first = r == 0, .histidine = m::Histidine::charged};
      for (const m::Hydrogen& h : m::hydrogens_of(form)) {
        using enum m::HydrogenKind;
        if (h.kind == threefold || h.kind == hydroxyl || h.kind == phenol || h.kind == thiol) continue;
        const int a = out.topology.find_atom(r, std::string(h.name)), b = same < 0 ? -1 : truth.topology.find_atom(same, std::string(h.name));
        if (a < 0 || b < 0) continue;
        const double d = distance(xyz(out, a), truth.frames[0].xyz_A3.data() + 3 * b);
        EXPECT_LT(d, 0.3) << name << " " << heavy.topology.residue_label(r) << " " << h.name;
        square += d * d;
        n_far += d > 0.2;
        ++n;
      }
    }
    EXPECT_LT(std::sqrt(square / n), 0.1) << name;
    EXPECT_LE(n_far, n / 100) << name;
    total += n;
  }
  EXPECT_GT(total, 1000);
}

}  // namespace
}  // namespace regrain::driver
