// Training data from a list of structures.
#include <gtest/gtest.h>

#include "driver/batch_stream.hpp"
#include "driver/checkpoint.hpp"
#include "driver/chemistry.hpp"
#include "driver/dataset.hpp"
#include "driver/stage_config.hpp"
#include "driver/structure_list.hpp"
#include "engine/errors.hpp"
#include "io/safetensors.hpp"
#include "tests/driver/listed_structures.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/test_folder.hpp"

namespace regrain::driver {
namespace {

using Names = std::vector<std::string>;
using test::expect_error;
using test::Piece;

// ---- the list itself

class StructureList : public ::testing::Test {
 protected:
  std::vector<ListedStructure> read(const std::string& text) const { return read_structure_list(folder.write("list.tsv", text)); }
  void refused(const std::string& text, Names pieces) const {
    pieces.push_back("list.tsv");
    expect_error(ErrorKind::input, pieces, [&] { read(text); });
  }
  test::TestFolder folder;
};

TEST_F(StructureList, NamesAndParts) {
  const auto found = read("# made by hand\n\na b.pdb\ttrain\t12\tx y\n  # indented\nc.pdb   test\r\nd.cif.gz\tleft_out\ne.pdb validation 7 8 9\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].name, "a b.pdb");
  EXPECT_EQ(found[0].part, Part::train);
  EXPECT_EQ(found[0].line, 3);
  EXPECT_EQ(found[1].name, "c.pdb");
  EXPECT_EQ(found[1].part, Part::test);
  EXPECT_EQ(found[2].name, "e.pdb");
  EXPECT_EQ(found[2].part, Part::validation);
  EXPECT_EQ(found[2].line, 7);
}

TEST_F(StructureList, HostileText) {
  refused("", {"0 structures", "none of part train"});
  refused("a.pdb\tvalidation\n", {"1 structures", "none of part train"});
  refused("a.pdb\tleft_out\n", {"none of part train"});
  refused("a.pdb\ttrain\nb.pdb\n", {"list.tsv:2: b.pdb has no part", "expected train, validation, test or left_out"});
  refused("a.pdb\ttrian\n", {"list.tsv:1: a.pdb is of part \"trian\" (did you mean \"train\"?)"});
  refused("a.pdb\t\n", {"list.tsv:1"});
  refused("a.pdb\tTRAIN\n", {"\"TRAIN\""});
  refused("\ttrain\n", {"list.tsv:1: has no file name"});
  refused("file\tpart\n", {"\"part\""});
  refused("a.pdb train\nb.pdb test\na.pdb left_out\n", {"list.tsv:3: a.pdb was named already, in line 1"});
  refused(std::string("a.pdb\ttr\0in\n", 12), {"list.tsv"});
  refused("\xff\xfe\n", {"list.tsv:1"});
  expect_error(ErrorKind::input, {"nope.tsv", "No such file"}, [&] { read_structure_list(folder.path("nope.tsv")); });
}

TEST_F(StructureList, TheFirstFolderThatHasAFile) {
  for (const char* sub : {"one", "two"}) std::filesystem::create_directory(folder.path(sub));
  const std::string one = folder.path("one"), two = folder.path("two");
  folder.write("two/a.pdb", "");
  EXPECT_EQ(find_structure("a.pdb", {one, two}), two + "/a.pdb");
  EXPECT_EQ(find_structure("a.pdb.gz", {one, two}), two + "/a.pdb");
  EXPECT_EQ(find_structure("a.cif", {one, two}), "");
  folder.write("one/a.pdb.gz", "");
  EXPECT_EQ(find_structure("a.pdb", {one, two}), one + "/a.pdb.gz");
  folder.write("one/a.pdb", "");
  EXPECT_EQ(find_structure("a.pdb", {one, two}), one + "/a.pdb");
  EXPECT_EQ(find_structure("a.pdb", {}), "");
}

// ---- what is read

class ListDataset : public ::testing::Test {
 protected:
  ListDataset() { test::write_four_structures(folder.path("")); }

  io::Config config(const std::string& more = "") const {
    return parse_training_config(R"({"model": {"kind": "genzprot"}, "data": {"list": ")" + folder.path("list.tsv") + "\"" + more + "}}", "config");
  }
  Dataset load(const std::string& list = test::kFourStructures, const std::string& more = "", int n_threads = 1, const TrainedOn* resumed = nullptr) {
    folder.write("list.tsv", list);
    Context context(n_threads);
    said.clear();
    return load_dataset(context, config(more), resumed, [&](const std::string& line) { said.push_back(line); });
  }
  void refused(const std::string& list, Names pieces, const std::string& more = "") {
    for (const int threads : {1, 3}) expect_error(ErrorKind::input, pieces, [&] { load(list, more, threads); });
  }

  test::TestFolder folder;
  Names said;
};

TEST_F(ListDataset, ProteinsInTheOrderOfTheList) {
  const Dataset data = load();
  ASSERT_EQ(data.proteins.size(), 4u);
  EXPECT_EQ(data.frames.size(), 4u);  // the first model alone
  EXPECT_EQ(data.split.train, (std::vector<int>{0, 1}));
  EXPECT_EQ(data.split.validation, (std::vector<int>{2}));
  EXPECT_EQ(data.split.test, (std::vector<int>{3}));
  const Names sequences{"NLYIQWLKDGGPSSGRPPPS", "YIQWLKDGG", "LKDGGPSSGRPP", "NLYIQWL"};
  for (int f = 0; f < 4; ++f) {
    const StageSetup& p = data.protein_of(f);
    EXPECT_EQ(sequence_of(p.fine), sequences[static_cast<std::size_t>(f)]);
    EXPECT_EQ(p.fine.n_atoms(), data.frames[static_cast<std::size_t>(f)].n_atoms());
    EXPECT_EQ(p.coarse.n_atoms(), p.fine.n_residues());
    EXPECT_EQ(p.map.n_beads, p.fine.n_residues());
  }
  ASSERT_TRUE(data.trained_on.list);
  EXPECT_EQ(data.trained_on.list->text(), "list.tsv: 4 structures (2 training, 1 validation, 1 test) of 48 residues, hash " + data.trained_on.list->hash);
  EXPECT_EQ(data.trained_on.protein.fine.n_atoms(), 0);
  EXPECT_TRUE(said.empty()) << said.front();
  // as many models as asked for
  const Dataset more = load(test::kFourStructures, R"(, "max_frames": 2)");
  EXPECT_EQ(more.frames.size(), 5u);
  EXPECT_EQ(more.protein, (std::vector<int>{0, 1, 2, 3, 3}));
  EXPECT_EQ(more.split.test, (std::vector<int>{3, 4}));
}

TEST_F(ListDataset, TheSameForAnyThreads) {
  const Dataset one = load();
  for (const int threads : {2, 5}) {
    const Dataset other = load(test::kFourStructures, "", threads);
    EXPECT_EQ(other.trained_on.list->hash, one.trained_on.list->hash);
    ASSERT_EQ(other.frames.size(), one.frames.size());
    for (std::size_t f = 0; f < one.frames.size(); ++f) EXPECT_EQ(other.frames[f].xyz_A3, one.frames[f].xyz_A3);
  }
}

TEST_F(ListDataset, TheHashKnowsNamesPartsSequencesAndAtoms) {
  std::vector<std::string> hashes{load().trained_on.list->hash};
  const std::string four = test::kFourStructures;
  const auto differs = [&](const std::string& list) {
    const std::string hash = load(list).trained_on.list->hash;
    for (const std::string& other : hashes) EXPECT_NE(hash, other) << list;
    hashes.push_back(hash);
  };
  differs("a.pdb\ttrain\nb.cif.gz\ttrain\nc.pdb.gz\ttest\nd.cif\tvalidation\n");
  differs("b.cif.gz\ttrain\na.pdb\ttrain\nc.pdb.gz\tvalidation\nd.cif\ttest\n");
  test::write_piece(folder.path(""), {"d.cif", 1, 7, {300}});
  differs(four);
  std::string text = test::bytes_of(folder.path("a.pdb"));
  text.erase(text.find("ATOM", text.find("CD1 LEU A   2")), 81);  // CD2
  folder.write("a.pdb", text);
  differs(four);
  // comments and further columns don't count
  EXPECT_EQ(load(four + "# the end\n").trained_on.list->hash, hashes.back());
}

TEST_F(ListDataset, OneLineTellsAllChanges) {
  std::string text = test::bytes_of(folder.path("a.pdb"));
  for (std::size_t at; (at = text.find("LYS")) != std::string::npos;) text.replace(at, 3, "LYN");
  folder.write("e.pdb", text);
  folder.write("f.pdb", "HETATM  999  O   HOH A 101       0.000   0.000   0.000  1.00  0.00           O\n" + text);
  load("a.pdb train\ne.pdb train\nf.pdb train\n");
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("changes in 2 files: 1 water atoms dropped, 2 residues renamed (left out: HOH)"), std::string::npos) << said[0];
}

TEST_F(ListDataset, AChainEndsAtABreak) {
  // residues 9 and 10 are gone, and nobody sees it from the numbers
  std::string text = test::bytes_of(folder.path("a.pdb")), kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("TER")) continue;
    const int number = line.starts_with("ATOM") ? std::stoi(line.substr(22, 4)) : 0;
    if (number >= 9 && number <= 11) continue;
    if (number > 11) line.replace(22, 4, (number - 3 < 10 ? "   " : "  ") + std::to_string(number - 3));
    kept += line + "\n";
  }
  folder.write("gap.pdb", kept);
  const Dataset data = load("gap.pdb train\na.pdb train\n");
  const io::Topology& t = data.proteins[0].fine;
  ASSERT_EQ(t.chains.size(), 2u);
  EXPECT_EQ(t.chains[0].n_residues, 8);
  EXPECT_EQ(t.chains[1].n_residues, 9);
  EXPECT_EQ(t.chains[1].id, "A");
  EXPECT_EQ(data.proteins[0].coarse.chains.size(), 2u);
  EXPECT_EQ(data.proteins[1].fine.chains.size(), 1u);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("1 chain breaks in 1 files"), std::string::npos) << said[0];
}

TEST_F(ListDataset, WhatCantBeUsedIsNamed) {
  refused("a.pdb train\nnope.pdb test\n", {"list.tsv:2: there is no nope.pdb", "data.folder", "data.skip_bad"});
  refused("a.pdb train\n", {"there is no a.pdb", folder.path("else"), folder.path("where")},
          R"(, "folder": [")" + folder.path("else") + R"(", ")" + folder.path("where") + "\"]");
  const auto bad = [&](const std::string& name, Names pieces) {
    pieces.push_back(name);
    refused("a.pdb train\n" + name + " train\nnope.pdb train\n", pieces);  // the first of the list, for any threads
    const Dataset data = load("a.pdb train\n" + name + " train\nc.pdb.gz validation\nnope.pdb test\n", R"(, "skip_bad": true)", 2);
    EXPECT_EQ(data.proteins.size(), 2u);
    ASSERT_EQ(said.size(), 1u);
    EXPECT_NE(said[0].find("2 of 4 structures left out, the first: "), std::string::npos) << said[0];
    EXPECT_NE(said[0].find(name), std::string::npos) << said[0];
    EXPECT_EQ(data.split.validation, (std::vector<int>{1}));
    EXPECT_EQ(data.trained_on.list->train, 1);
  };
  test::write_piece(folder.path(""), {"nm.pdb", 0, 20, {0}, 0.1f});
  bad("nm.pdb", {"nanometres"});
  folder.write("empty.pdb", "");
  bad("empty.pdb", {"empty"});
  folder.write("cut.pdb.gz", test::bytes_of(folder.path("c.pdb.gz")).substr(0, 200));
  bad("cut.pdb.gz", {"gzip stream is cut short"});
  const std::string text = test::bytes_of(folder.path("a.pdb"));
  folder.write("half.pdb", text.substr(0, text.find("CG  TYR") + 30));
  bad("half.pdb", {"half.pdb:"});
  std::string trace;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find(" CA ") != std::string::npos) trace += line + "\n";
  folder.write("trace.pdb", trace);
  bad("trace.pdb", {"alpha carbons alone"});
  test::write_piece(folder.path(""), {"two.pdb", 4, 2});
  bad("two.pdb", {"2 residues", "three or more"});
  std::string other = text;
  other.replace(other.find("CA  TYR"), 2, "CX");
  folder.write("no_ca.pdb", other);
  bad("no_ca.pdb", {"TYR 3", "CA"});
  for (std::size_t at; (at = other.find("TYR")) != std::string::npos;) other.replace(at, 3, "FOO");
  folder.write("unknown.pdb", other);
  bad("unknown.pdb", {"FOO"});
  load("unknown.pdb train\n", R"(, "drop_unknown": true)");
  // a folder is no structure
  std::filesystem::create_directory(folder.path("folder.pdb"));
  bad("folder.pdb", {"not a regular file"});
  // nothing is left
  refused("nm.pdb train\na.pdb validation\n", {"no structure of part train"}, R"(, "skip_bad": true)");
}

TEST_F(ListDataset, OneSourceOfData) {
  const auto config_of = [](const std::string& data) {
    return [data] { parse_training_config(R"({"model": {"kind": "genzprot"}, "data": {)" + data + "}}", "config"); };
  };
  expect_error(ErrorKind::input, {"config", "no training data", "data.trajectory", "data.list"}, config_of(""));
  expect_error(ErrorKind::input, {"config", "both data.trajectory and data.list", "keep one"}, config_of(R"("trajectory": ["x.pdb"], "list": "x.tsv")"));
  expect_error(ErrorKind::input, {"config", "data.topology belongs to data.trajectory"}, config_of(R"("topology": "x.pdb", "list": "x.tsv")"));
  expect_error(ErrorKind::input, {"config", "data.folder", "belong to data.list"}, config_of(R"("trajectory": ["x.pdb"], "folder": ["x"])"));
  expect_error(ErrorKind::input, {"config", "data.skip_bad belong to data.list"}, config_of(R"("trajectory": ["x.pdb"], "skip_bad": true)"));
  expect_error(ErrorKind::input, {"data.list", "unknown key"},
               [] { parse_training_config(R"({"model": {"kind": "cgvae"}, "data": {"trajectory": ["x.pdb"], "list": "x.tsv"}})", "config"); });
}

// ---- stages and their files

TEST_F(ListDataset, AStageKeepsProteinsApart) {
  const Dataset data = load();
  Context context(1);
  const auto stage = make_stage(config(), data.trained_on.protein);
  stage->initialize(1);
  const auto loss = [&](const std::vector<int>& frames) {
    std::vector<std::unique_ptr<const PreparedFrame>> held;
    std::vector<const PreparedFrame*> prepared;
    std::vector<DrawKey> keys;
    for (const int f : frames) {
      held.push_back(stage->prepare(context, data.protein_of(f), data.frames[static_cast<std::size_t>(f)]));
      prepared.push_back(held.back().get());
      keys.push_back({1, static_cast<std::uint32_t>(f), 0, 0});
    }
    const auto batch = stage->make_batch(context, prepared, keys);
    Tape<float> tape(context, TapeMode::infer);
    return stage->loss(tape, *batch, {}).total.item();
  };
  // in another order, after others: the same bits for the same frames
  const float first = loss({0}), second = loss({1}), both = loss({0, 1});
  EXPECT_NE(first, second);
  EXPECT_EQ(loss({1}), second);
  EXPECT_EQ(loss({0}), first);
  EXPECT_EQ(loss({0, 1}), both);
  EXPECT_TRUE(std::isfinite(both));
  // a stage of one protein has the same loss there
  const auto own = make_stage(config(), data.proteins[1]);
  own->initialize(1);
  const auto prepared = own->prepare(context, data.proteins[1], data.frames[1]);
  const auto batch = own->make_batch(context, {prepared.get()}, {{1, 1, 0, 0}});
  Tape<float> tape(context, TapeMode::infer);
  EXPECT_EQ(own->loss(tape, *batch, {}).total.item(), second);
}

TEST_F(ListDataset, NotesCountWhatIsOdd) {
  Dataset data = load();
  const auto stage = make_stage(config(), data.trained_on.protein);
  EXPECT_TRUE(stage->notes(data.proteins).empty());
  data.proteins[0].fine.atoms[static_cast<std::size_t>(data.proteins[0].fine.find_atom(1, "CG"))].name = "XX";
  data.proteins[2].fine.atoms[static_cast<std::size_t>(data.proteins[2].fine.find_atom(1, "CG"))].name = "XX";
  data.proteins[2].fine.atoms[static_cast<std::size_t>(data.proteins[2].fine.find_atom(2, "CG"))].name = "XX";
  data.proteins[3].disulfides = {{0, 1}, {2, 3}};
  const Names notes = stage->notes(data.proteins);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_TRUE(notes[0].starts_with("residues that lack atoms: 3, in 2 structures: no loss counts these")) << notes[0];
  EXPECT_EQ(notes[1], "disulfide bonds: 2, in 1 structures");
}

TEST_F(ListDataset, AStageOfOneProteinTakesNoOther) {
  const Dataset data = load();
  Context context(1);
  StageSetup setup;
  setup.fine = data.proteins[0].coarse;
  setup.map = io::contiguous_map(20, 4);
  setup.coarse = io::bead_topology(setup.map, setup.fine);
  const io::Config cgvae = parse_training_config(R"({"model": {"kind": "cgvae"}, "data": {"trajectory": ["x.pdb"]}})", "config");
  const auto stage = make_stage(cgvae, setup);
  expect_error(ErrorKind::internal, {"another protein"}, [&] { stage->prepare(context, data.proteins[1], data.frames[1]); });
}

TEST_F(ListDataset, AModelFileRemembersItsList) {
  const Dataset data = load();
  Context context(1);
  const auto stage = make_stage(config(), data.trained_on.protein);
  stage->initialize(3);
  save_model(context, folder.path("model"), *stage, config(), data.trained_on, "a note");
  const StageFile file = load_stage(folder.path("model"));
  ASSERT_TRUE(file.trained_on.list);
  EXPECT_EQ(file.trained_on.list->text(), data.trained_on.list->text());
  EXPECT_EQ(file.stage->coarse_topology().n_atoms(), 0);
  // any trace has its atoms
  EXPECT_EQ(file.stage->fine_topology(data.proteins[2].coarse, "c.pdb").n_residues(), 12);
  const auto metadata = io::Safetensors::load(folder.path("model")).metadata();
  for (const char* key : {"fine_topology", "coarse_topology", "sequence", "map"}) EXPECT_FALSE(metadata.contains(key)) << key;

  EXPECT_EQ(load(test::kFourStructures, "", 1, &file.trained_on).frames.size(), 4u);
  expect_error(ErrorKind::input, {"list.tsv", "other structures", "Found list.tsv: 4 structures (1 training, 2 validation", "expected list.tsv: 4 structures (2 training"},
               [&] { load("a.pdb train\nb.cif.gz validation\nc.pdb.gz validation\nd.cif test\n", "", 1, &file.trained_on); });
  const TrainedOn one{data.proteins[0], {}};
  expect_error(ErrorKind::input, {"data.list", "frames of one protein"}, [&] { load(test::kFourStructures, "", 1, &one); });
  const io::Config frames = parse_training_config(R"({"model": {"kind": "genzprot"}, "data": {"trajectory": [")" + folder.path("a.pdb") + "\"]}}", "config");
  expect_error(ErrorKind::input, {"data.trajectory", "trained on a list"}, [&] { load_dataset(context, frames, &file.trained_on, [](const std::string&) {}); });

  for (const char* value : {"", "{}", "[", "7", R"({"list": 1, "train": 1, "validation": 1, "test": 1, "residues": 1, "hash": "x"})"}) {
    auto damaged = metadata;
    damaged["list"] = value;
    io::SafetensorsWriter out;
    for (const auto& [k, v] : damaged) out.set_metadata(k, v);
    out.write(folder.path("damaged"), true);
    expect_error(ErrorKind::checkpoint, {"damaged", "trained on"}, [&] { load_stage(folder.path("damaged")); });
  }
  // a list can't be what a stage of one protein was trained on
  auto wrong = metadata;
  wrong["config"] = parse_training_config(R"({"model": {"kind": "cgvae"}, "data": {"trajectory": ["x.pdb"]}})", "config").effective_json();
  io::SafetensorsWriter out;
  for (const auto& [k, v] : wrong) out.set_metadata(k, v);
  out.write(folder.path("wrong"), true);
  expect_error(ErrorKind::checkpoint, {"wrong"}, [&] { load_stage(folder.path("wrong")); });
}

}  // namespace
}  // namespace regrain::driver
