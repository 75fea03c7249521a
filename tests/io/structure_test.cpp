#include "io/structure.hpp"

#include <zlib.h>

#include <cstring>

#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

// columns: record, name, altloc, residue, chain, number, insertion, x, occupancy, element
std::string atom(const char* name, const char* residue, char chain, int number, double x,
                 const char* element = "", char altloc = ' ', double occupancy = 1, char insertion = ' ',
                 const char* record = "ATOM") {
  char line[96];
  std::snprintf(line, sizeof line, "%-6s%5d %-4s%c%3s %c%4d%c   %8.3f%8.3f%8.3f%6.2f%6.2f          %2s\n",
                record, 1, name, altloc, residue, chain, number, insertion, x, 2.0, 3.0, occupancy, 0.0,
                element);
  return line;
}

Structure read(const std::string& text, const ReadOptions& options = {}, const std::string& name = "x.pdb") {
  TestFolder folder;
  return read_structure(folder.write(name, text), options);
}

std::string names(const Structure& s) {
  std::string all;
  for (const Atom& a : s.topology.atoms) all += (all.empty() ? "" : " ") + a.name;
  return all;
}

TEST(ReadPdb, KeepsChainsNumbersAndInsertions) {
  const Structure s =
      read(atom(" N", "ALA", 'L', -3, 1) + atom(" CA", "ALA", 'L', -3, 2) +
           atom(" N", "GLY", 'L', 60, 3, "", ' ', 1, 'A') + "TER\n" + atom(" N", "GLY", 'H', 60, 4));
  ASSERT_EQ(s.topology.n_residues(), 3);
  EXPECT_EQ(s.topology.residue_label(0), "L/ALA -3");
  EXPECT_EQ(s.topology.residue_label(1), "L/GLY 60A");
  EXPECT_EQ(s.topology.residue_label(2), "H/GLY 60");
  EXPECT_EQ(s.topology.chains.size(), 2u);
  EXPECT_EQ(s.frames[0].xyz_A3, (std::vector<float>{1, 2, 3, 2, 2, 3, 3, 2, 3, 4, 2, 3}));
  EXPECT_TRUE(s.report.summary().empty());
}

TEST(ReadPdb, DropsHydrogensWaterAndLigandsWithACount) {
  const Structure s =
      read(atom(" N", "ALA", 'A', 1, 1) + atom("1HB", "ALA", 'A', 1, 1) + atom("HG12", "VAL", 'A', 2, 1) +
           atom(" CA", "VAL", 'A', 2, 1) + atom(" D", "VAL", 'A', 2, 1, "D") +
           atom(" O", "HOH", 'A', 3, 1, "O", ' ', 1, ' ', "HETATM") +
           atom("ZN", "ZN", 'A', 4, 1, "ZN", ' ', 1, ' ', "HETATM") + atom(" OW", "SOL", 'A', 5, 1) +
           atom(" C", "ACE", 'A', 0, 1));
  EXPECT_EQ(names(s), "N CA");
  EXPECT_EQ(s.report.hydrogens_dropped, 3);
  EXPECT_EQ(s.report.waters_dropped, 2);
  EXPECT_EQ(s.report.hetatms_dropped, 1);
  EXPECT_EQ(s.report.caps_dropped, 1);
  EXPECT_EQ(s.report.residues_dropped.at("ZN"), 1);
  EXPECT_EQ(s.source_A, (std::vector<int>{0, 3}));
  EXPECT_EQ(s.n_source_atoms, 9);
  EXPECT_NE(s.report.summary().find("3 hydrogens dropped"), std::string::npos);
}

TEST(ReadPdb, TakesOtherProgramsNames) {
  const Structure s =
      read(atom("SE", "MSE", 'A', 1, 1, "SE", ' ', 1, ' ', "HETATM") + atom(" CD", "ILE", 'A', 2, 1) +
           atom(" CD1", "LEU", 'A', 3, 1) + atom(" ND1", "HSD", 'A', 4, 1) + atom(" SG", "CYX", 'A', 5, 1) +
           atom(" OD1", "ASH", 'A', 6, 1) + atom(" OT1", "LYN", 'A', 7, 1) + atom(" OT2", "LYN", 'A', 7, 1) +
           atom(" P", "SEP", 'A', 8, 1, "P", ' ', 1, ' ', "HETATM"));
  EXPECT_EQ(names(s), "SD CD1 CD1 ND1 SG OD1 O OXT P");
  EXPECT_EQ(s.topology.atoms[0].element, "S");
  std::string residues;
  for (const Residue& r : s.topology.residues) residues += r.name + " ";
  EXPECT_EQ(residues, "MET ILE LEU HIS CYS ASP LYS SEP ");
  EXPECT_EQ(s.topology.residues[3].alias, "HSD");
  EXPECT_EQ(s.topology.residues[2].alias, "");
  EXPECT_EQ(s.report.mse_converted, 1);
  EXPECT_EQ(s.report.residues_renamed, 4);
  EXPECT_EQ(s.report.atoms_renamed, 3);
}

TEST(ReadPdb, KeepsOneAltlocPerResidue) {
  // B has the higher mean; CG exists as A alone and stays; ties go to the first letter
  const Structure s =
      read(atom(" N", "SER", 'A', 1, 0) + atom(" CA", "SER", 'A', 1, 1, "", 'A', 0.4) +
           atom(" CA", "SER", 'A', 1, 2, "", 'B', 0.6) + atom(" CB", "SER", 'A', 1, 3, "", 'A', 0.5) +
           atom(" CB", "SER", 'A', 1, 4, "", 'B', 0.5) + atom(" OG", "SER", 'A', 1, 5, "", 'A', 0.4) +
           atom(" CA", "GLY", 'A', 2, 6, "", 'A', 0.5) + atom(" CA", "GLY", 'A', 2, 7, "", 'B', 0.5));
  EXPECT_EQ(names(s), "N CA CB OG CA");
  EXPECT_EQ(s.frames[0].xyz_A3[3], 2);
  EXPECT_EQ(s.frames[0].xyz_A3[6], 4);
  EXPECT_EQ(s.frames[0].xyz_A3[9], 5);
  EXPECT_EQ(s.frames[0].xyz_A3[12], 6);
  EXPECT_EQ(s.report.altlocs_dropped, 3);
}

TEST(ReadPdb, KeepsTheAlphaCarbonOfUnknownResidues) {
  const auto het = [](const char* name, const char* residue, int number, const char* element = "") {
    return atom(name, residue, 'A', number, number, element, ' ', 1, ' ', "HETATM");
  };
  const std::string protein = atom(" CA", "GLY", 'A', 1, 1) + atom(" N", "UNK", 'A', 2, 1) + atom(" CA", "UNK", 'A', 2, 2) +
                              atom(" CB", "UNK", 'A', 2, 3) + het(" N", "PTR", 3) + het(" CA", "PTR", 3) + het(" C", "PTR", 3) +
                              het(" P", "PTR", 3) + het(" CA", "XYZ", 4);
  // a ligand with an atom of that name, a metal, an amino acid that is in no chain
  const std::string others = het(" C1", "PLM", 5) + het(" CA", "PLM", 5) + het("CA", "CAX", 6, "CA") + "TER\n" + het(" N", "NLE", 7) +
                             het(" CA", "NLE", 7) + het(" C", "NLE", 7);
  const Structure s = read(protein + others, {.unknown_as_ca = true});
  EXPECT_EQ(names(s), "CA CA CA CA");
  std::string residues;
  for (int r = 0; r < s.topology.n_residues(); ++r) residues += s.topology.residue_label(r) + ", ";
  EXPECT_EQ(residues, "A/GLY 1, A/UNK 2, A/PTR 3, A/XYZ 4, ");
  EXPECT_EQ(s.source_A, (std::vector<int>{0, 2, 5, 8}));
  EXPECT_EQ(s.topology.atoms[1].element, "C");
  EXPECT_EQ(s.report.unknown_dropped, 5);
  EXPECT_EQ(s.report.hetatms_dropped, 6);
  // left out where that is asked for, and still refused without a CA
  EXPECT_EQ(read(protein + others, {.drop_unknown = true, .unknown_as_ca = true}).topology.n_residues(), 1);
  expect_error(ErrorKind::input, {"x.pdb:2", "A/DA 5", "--drop-unknown"},
               [&] { read(atom(" CA", "GLY", 'A', 1, 1) + atom(" P", "DA", 'A', 5, 1), {.unknown_as_ca = true}); });
}

TEST(ReadPdb, TwoResiduesAtOnePlaceGiveOne) {
  const Structure s =
      read(atom(" N", "PRO", 'A', 22, 1, "", 'A', 0.4) + atom(" N", "SER", 'A', 22, 2, "", 'B', 0.6) +
           atom(" CA", "PRO", 'A', 22, 3, "", 'A', 0.4) + atom(" CA", "SER", 'A', 22, 4, "", 'B', 0.6));
  ASSERT_EQ(s.topology.n_residues(), 1);
  EXPECT_EQ(s.topology.residue_label(0), "A/SER 22");
  EXPECT_EQ(s.frames[0].xyz_A3[3], 4);
}

TEST(ReadPdb, RestartedNumbersOpenAChain) {
  const Structure s = read(atom(" N", "GLY", ' ', 1, 1) + atom(" N", "GLY", ' ', 2, 1) +
                           atom(" N", "GLY", ' ', 1, 1) + atom(" N", "GLY", ' ', 2, 1));
  EXPECT_EQ(s.topology.chains.size(), 2u);
  EXPECT_EQ(s.topology.n_residues(), 4);
}

TEST(ReadPdb, KeepsFileOrderWhereGemmiGathers) {
  // beads numbered anew after 2: gemmi would put both residues 1 together
  const Structure s =
      read(atom(" BB", "AAA", 'A', 1, 1) + atom(" BB", "BBB", 'A', 2, 2) + atom(" BB", "AAA", 'A', 1, 3),
           {.beads = true});
  EXPECT_EQ(s.topology.n_residues(), 3);
  EXPECT_EQ(s.frames[0].xyz_A3[6], 3);
}

TEST(ReadPdb, BeadsKeepEverything) {
  const Structure s = read(atom(" B1", "POP", 'A', 1, 1) + atom(" B1", "POP", 'A', 1, 2) +
                               atom(" W", "HOH", 'A', 2, 3, "", ' ', 1, ' ', "HETATM") +
                               atom(" H", "X", 'B', 3, 4, "", 'A', 0.1) +
                               "ATOM      1  BB  POPCA   9       1.000   2.000   3.000\n",
                           {.beads = true});
  EXPECT_EQ(names(s), "B1 B1 W H BB");
  EXPECT_EQ(s.topology.chains.size(), 3u);
  EXPECT_EQ(s.topology.residues.back().name, "POPC");
  EXPECT_EQ(s.topology.chains.back().id, "A");
  EXPECT_EQ(s.topology.atoms[0].element, "X");
}

TEST(ReadPdb, ManyModels) {
  const std::string a = atom(" N", "GLY", 'A', 1, 1), b = atom(" CA", "GLY", 'A', 1, 2),
                    c = atom(" CB", "ALA", 'A', 1, 2);
  const std::string two = "MODEL        0\n" + a + b + "ENDMDL\nMODEL        1\n" + a + b + "ENDMDL\nEND\n";
  EXPECT_EQ(read(two).frames.size(), 2u);
  EXPECT_EQ(read(two).frames[1].step, 1);
  EXPECT_EQ(read(two, {.max_models = 1}).frames.size(), 1u);
  EXPECT_EQ(read(a + b + "END\n" + a + b + "END\n").frames.size(), 2u);
  expect_error(ErrorKind::input, {"model 2", "1 atoms", "expected 2", "A/GLY 1 CA is missing"},
               [&] { read("MODEL        1\n" + a + b + "ENDMDL\nMODEL        2\n" + a + "ENDMDL\n"); });
  expect_error(ErrorKind::input, {"model 7", "A/ALA 1 CB", "expected A/GLY 1 CA"},
               [&] { read("MODEL        1\n" + b + "ENDMDL\nMODEL        7\n" + c + "ENDMDL\n"); });
  expect_error(ErrorKind::input, {"model ?7 has 1 atoms"},  // a message is one line of plain text
               [&] { read("MODEL        1\n" + a + b + "ENDMDL\nMODEL        \a7\n" + a + "ENDMDL\n"); });
  expect_error(ErrorKind::input, {"ends inside MODEL 2", "ENDMDL"},
               [&] { read("MODEL        1\n" + a + "ENDMDL\nMODEL        2\n" + a); });
}

TEST(ReadPdb, ErrorsNameFileAndLine) {
  const std::string good = atom(" N", "GLY", 'A', 1, 1);
  expect_error(ErrorKind::input, {"x.pdb", "empty", "expected a PDB file"}, [&] { read(""); });
  expect_error(ErrorKind::input, {"x.pdb", "no ATOM"}, [&] { read("hello\n"); });
  expect_error(ErrorKind::input, {"x.pdb:2", "cut short"}, [&] { read(good + good.substr(0, 40)); });
  for (const char* value : {"     nan", "     inf", "********", "   1.2.3", "        "}) {
    std::string bad = good;
    bad.replace(38, 8, value);
    expect_error(ErrorKind::input, {"x.pdb:2", "39-46", "coordinate"}, [&] { read(good + bad); });
  }
  std::string bad_number = good;
  bad_number.replace(22, 4, "  1x");
  expect_error(ErrorKind::input, {"x.pdb:1", "residue"}, [&] { read(bad_number); });
  expect_error(ErrorKind::input, {"x.pdb:2", "A/XYZ 5", "--drop-unknown"},
               [&] { read(good + atom(" N", "XYZ", 'A', 5, 1)); });
  EXPECT_EQ(read(good + atom(" N", "XYZ", 'A', 5, 1), {.drop_unknown = true}).report.unknown_dropped, 1);
  expect_error(ErrorKind::input, {"x.pdb:2", "already"}, [&] { read(good + good); });
  expect_error(ErrorKind::input, {"x.pdb", "none of the 1 atoms"},
               [&] { read(atom(" O", "HOH", 'A', 5, 1)); });
  expect_error(ErrorKind::input, {"x.pdb:1", "zero byte"}, [&] { read(std::string("AT\0M", 4)); });
  expect_error(ErrorKind::input, {"nowhere.pdb"}, [&] { read_structure("nowhere.pdb"); });
  expect_error(ErrorKind::input, {"regular file"}, [&] { read_structure("/"); });
}

TEST(ReadPdb, CellAndWindowsLineEnds) {
  const std::string text =
      "CRYST1   30.000   40.000   50.000  90.00  90.00  90.00 P 1\r\n" + atom(" N", "GLY", 'A', 1, 1);
  EXPECT_EQ(read(text).frames[0].box, (std::array<float, 9>{30, 0, 0, 0, 40, 0, 0, 0, 50}));
  EXPECT_EQ(
      read("CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1\n" + atom(" N", "GLY", 'A', 1, 1))
          .frames[0]
          .box[0],
      0);
}

const char* const kCif = R"(data_test
loop_
_atom_site.group_PDB
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_seq_id
_atom_site.pdbx_PDB_ins_code
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.occupancy
_atom_site.auth_seq_id
_atom_site.auth_asym_id
_atom_site.pdbx_PDB_model_num
ATOM N N . GLY A 1 ? 1.5 2 3 1 10 LONG 1
ATOM C CA . GLY A 1 A 2.5 2 3 1 11 LONG 1
HETATM O O . HOH B . ? 9 9 9 1 12 LONG 1
ATOM N N . GLY A 1 ? 4.5 2 3 1 10 LONG 2
ATOM C CA . GLY A 1 A 5.5 2 3 1 11 LONG 2
)";

TEST(ReadCif, Cell) {
  const auto with_sides = [](const std::string& a) {
    std::string cell = "data_test\n";
    for (const char* side : {"a", "b", "c"}) cell += concat("_cell.length_", side, " ", a, "\n");
    for (const char* angle : {"alpha", "beta", "gamma"}) cell += concat("_cell.angle_", angle, " 90.00\n");
    return cell + (std::strchr(kCif, '\n') + 1);
  };
  EXPECT_EQ(read(with_sides("30.000"), {}, "x.cif").frames[0].box, (std::array<float, 9>{30, 0, 0, 0, 30, 0, 0, 0, 30}));
  for (const char* none : {"1", "1.000", "?", "."})
    EXPECT_EQ(read(with_sides(none), {}, "x.cif").frames[0].box, (std::array<float, 9>{})) << none;
}

TEST(ReadCif, ModelsChainsAndCounts) {
  for (const char* name : {"x.cif", "x.mmcif", "unnamed"}) {
    const Structure s = read(kCif, {}, name);
    EXPECT_EQ(s.frames.size(), 2u);
    EXPECT_EQ(s.topology.residue_label(1), "LONG/GLY 11A");
    EXPECT_EQ(s.frames[1].xyz_A3, (std::vector<float>{4.5, 2, 3, 5.5, 2, 3}));
    EXPECT_EQ(s.report.waters_dropped, 1);
  }
}

TEST(ReadCif, ErrorsNameFileAndLine) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = kCif;
    return text.replace(text.find(from), from.size(), to);
  };
  expect_error(ErrorKind::input, {"x.cif:19", "Cartn_x", "'nan'"},
               [&] { read(with("2.5 2", "nan 2"), {}, "x.cif"); });
  expect_error(ErrorKind::input, {"x.cif:18", "Cartn_x", "'?'"},
               [&] { read(with("1.5 2", "? 2"), {}, "x.cif"); });
  expect_error(ErrorKind::input, {"x.cif:21", "seq_id", "'1e1'"},
               [&] { read(with("4.5 2 3 1 10", "4.5 2 3 1 1e1"), {}, "x.cif"); });
  expect_error(ErrorKind::input, {"x.cif:18", "auth_asym_id", "'A B'", "one line"},
               [&] { read(with("10 LONG 1\n", "10\n;A\nB\n;\n1\n"), {}, "x.cif"); });
  expect_error(ErrorKind::input, {"x.cif", "loop"}, [&] { read(with("LONG 2", "LONG"), {}, "x.cif"); });
  expect_error(ErrorKind::input, {"x.cif", "_atom_site"}, [&] { read("data_x\n_a.b 1\n", {}, "x.cif"); });
  expect_error(ErrorKind::input, {"x.cif"}, [&] { read("", {}, "x.cif"); });
  expect_error(ErrorKind::input, {"x.pdb", "mmCIF"}, [&] { read(kCif, {}, "x.pdb"); });
}

TEST(ReadGzip, ByContentAndNotByName) {
  TestFolder folder;
  const std::string plain = atom(" N", "GLY", 'A', 1, 1);
  for (const char* name : {"x.pdb", "x.pdb.gz", "x.ent.gz", "named_otherwise"}) {
    const gzFile gz = gzopen(folder.path(name).c_str(), "wb");
    gzwrite(gz, plain.data(), static_cast<unsigned>(plain.size()));
    gzclose(gz);
    EXPECT_EQ(read_structure(folder.path(name)).topology.n_atoms(), 1) << name;
  }
  const std::string whole = bytes_of(folder.path("x.pdb.gz"));
  expect_error(ErrorKind::input, {"cut.pdb.gz", "gzip"},
               [&] { read_structure(folder.write("cut.pdb.gz", whole.substr(0, whole.size() - 9))); });
  expect_error(ErrorKind::input, {"cut.cif.gz", "gzip"},
               [&] { read_structure(folder.write("cut.cif.gz", whole.substr(0, whole.size() - 9))); });
}

}  // namespace
}  // namespace regrain::io
