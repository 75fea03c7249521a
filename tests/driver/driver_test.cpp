// The parts of the driver one by one: chemistry, topologies as JSON, checkpoints, the log, maps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "driver/cgvae_neighbors.hpp"
#include "driver/checkpoint.hpp"
#include "driver/chemistry.hpp"
#include "driver/dataset.hpp"
#include "driver/stage_config.hpp"
#include "driver/training_log.hpp"
#include "engine/device_choice.hpp"
#include "engine/errors.hpp"
#include "io/safetensors.hpp"
#include "io/structure.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/test_folder.hpp"

namespace regrain::driver {
namespace {

using Names = std::vector<std::string>;
using nlohmann::json;
using test::expect_error;

// Residues of one chain, or of several at the given starts, each one atom.
io::Topology trace_of(const Names& residues, const std::vector<int>& chain_starts = {0}) {
  io::Topology t;
  for (int r = 0; r < static_cast<int>(residues.size()); ++r) {
    if (std::ranges::find(chain_starts, r) != chain_starts.end())
      t.chains.push_back({std::string(1, static_cast<char>('A' + t.chains.size())), r, 0});
    ++t.chains.back().n_residues;
    t.residues.push_back({residues[r], r + 1, ' ', static_cast<int>(t.chains.size()) - 1, r, 1});
    t.atoms.push_back({"CA", "C", r});
  }
  t.check();
  return t;
}

Names atom_names(const io::Topology& t, int r) {
  Names names;
  for (int a = t.residues[r].first_atom; a < t.residues[r].first_atom + t.residues[r].n_atoms; ++a) names.push_back(t.atoms[a].name);
  return names;
}

io::Structure trpcage() { return io::read_structure(REGRAIN_SOURCE_DIR "/tests/data/trpcage/trpcage_330K_heavy_top.pdb"); }

// ---- chemistry

TEST(Chemistry, ATraceIsBondedAlongItsChains) {
  const std::vector<std::pair<int, int>> one{{0, 1}, {1, 2}, {2, 3}}, two{{0, 1}, {2, 3}};
  EXPECT_EQ(bonds_of(trace_of({"ALA", "GLY", "ALA", "GLY"})), one);
  EXPECT_EQ(bonds_of(trace_of({"BEA", "BEA", "BEA", "BEA"}, {0, 2})), two);
  EXPECT_TRUE(bonds_of(trace_of({"ALA"})).empty());
  EXPECT_TRUE(bonds_of(io::Topology{}).empty());
}

TEST(Chemistry, BondsOfAPeptide) {
  // CA | N CA C O CB OG | N CA C O | CA
  const io::Topology t = atoms_of_trace(trace_of({"ALA", "SER", "GLY", "ALA"}), "trace");
  ASSERT_EQ(t.n_atoms(), 12);
  const std::vector<std::pair<int, int>> expected{{1, 2}, {2, 3}, {2, 5}, {3, 4}, {3, 7}, {5, 6}, {7, 8}, {8, 9}, {9, 10}};
  EXPECT_EQ(bonds_of(t), expected);
}

TEST(Chemistry, BondsOfAProteinAreAsLongAsBonds) {
  const io::Structure s = trpcage();
  const auto bonds = bonds_of(s.topology);
  EXPECT_TRUE(std::ranges::is_sorted(bonds));
  EXPECT_EQ(std::set(bonds.begin(), bonds.end()).size(), bonds.size());
  const auto& x = s.frames.front().xyz_A3;
  for (const auto& [i, j] : bonds) {
    EXPECT_LT(i, j);
    double squared = 0;
    for (int k = 0; k < 3; ++k) squared += std::pow(x[i * 3 + k] - x[j * 3 + k], 2);
    EXPECT_NEAR(std::sqrt(squared), 1.4, 0.35) << i << " " << j;
  }
  // one bond less than atoms, and one more for each ring: 4 prolines, a tyrosine, two of a tryptophan
  EXPECT_EQ(static_cast<int>(bonds.size()), s.topology.n_atoms() - 1 + 4 + 1 + 2);
}

TEST(Chemistry, AtomsOfATraceStandAsInThePdb) {
  const io::Topology t = atoms_of_trace(trace_of({"ALA", "ILE", "TRP", "HIS", "THR", "ARG", "GLY", "ALA"}), "trace");
  EXPECT_EQ(atom_names(t, 0), (Names{"CA"}));
  EXPECT_EQ(atom_names(t, 1), (Names{"N", "CA", "C", "O", "CB", "CG1", "CG2", "CD1"}));
  EXPECT_EQ(atom_names(t, 2), (Names{"N", "CA", "C", "O", "CB", "CG", "CD1", "CD2", "NE1", "CE2", "CE3", "CZ2", "CZ3", "CH2"}));
  EXPECT_EQ(atom_names(t, 3), (Names{"N", "CA", "C", "O", "CB", "CG", "ND1", "CD2", "CE1", "NE2"}));
  EXPECT_EQ(atom_names(t, 4), (Names{"N", "CA", "C", "O", "CB", "OG1", "CG2"}));
  EXPECT_EQ(atom_names(t, 5), (Names{"N", "CA", "C", "O", "CB", "CG", "CD", "NE", "CZ", "NH1", "NH2"}));
  EXPECT_EQ(atom_names(t, 6), (Names{"N", "CA", "C", "O"}));
  EXPECT_EQ(atom_names(t, 7), (Names{"CA"}));
  t.check();
  EXPECT_EQ(t.atoms[t.find_atom(3, "ND1")].element, "N");
  EXPECT_EQ(t.atoms[t.find_atom(4, "OG1")].element, "O");
}

TEST(Chemistry, AtomsOfATraceAreThoseOfTheProtein) {
  const io::Structure s = trpcage();
  const io::Topology t = atoms_of_trace(io::subset(s.topology, io::alpha_carbons(s.topology, "trp-cage")), "trace");
  for (int r = 1; r + 1 < t.n_residues(); ++r) {
    Names made = atom_names(t, r), there = atom_names(s.topology, r);
    std::ranges::sort(made);
    std::ranges::sort(there);
    EXPECT_EQ(made, there) << s.topology.residue_label(r);
  }
  EXPECT_EQ(match_atoms(s.topology, t, "trp-cage").size(), static_cast<std::size_t>(t.n_atoms()));
}

TEST(Chemistry, AtomsOfATraceNeedsNames) {
  expect_error(ErrorKind::input, {"t.pdb", "A/FOO 2", "unknown"}, [] { atoms_of_trace(trace_of({"ALA", "FOO", "ALA"}), "t.pdb"); });
  expect_error(ErrorKind::input, {"t.pdb", "2 residues", "three or more"}, [] { atoms_of_trace(trace_of({"ALA", "ALA"}), "t.pdb"); });
}

TEST(Chemistry, MatchAtomsPicksByName) {
  const io::Topology all = atoms_of_trace(trace_of({"ALA", "SER", "GLY", "ALA"}), "all");
  const io::Topology trace = trace_of({"ALA", "SER", "GLY", "ALA"});
  EXPECT_EQ(match_atoms(all, trace, "all.pdb"), (std::vector<int>{0, 2, 8, 11}));
  EXPECT_EQ(match_atoms(all, all, "all.pdb").size(), 12u);
  expect_error(ErrorKind::input, {"x.pdb", "4 residues", "3 are expected", "same protein"},
               [&] { match_atoms(all, trace_of({"ALA", "SER", "GLY"}), "x.pdb"); });
  expect_error(ErrorKind::input, {"x.pdb", "residue 2", "A/SER 2", "A/CYS 2 is expected"},
               [&] { match_atoms(all, trace_of({"ALA", "CYS", "GLY", "ALA"}), "x.pdb"); });
  expect_error(ErrorKind::input, {"x.pdb", "A/SER 2", "no atom N"}, [&] { match_atoms(trace, all, "x.pdb"); });
}

TEST(Chemistry, SelectElementsAndSequence) {
  io::Frame frame;
  frame.xyz_A3 = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  frame.time = 7;
  const io::Frame some = select_atoms(frame, {2, 0});
  EXPECT_EQ(some.xyz_A3, (std::vector<float>{6, 7, 8, 0, 1, 2}));
  EXPECT_EQ(some.time, 7);
  EXPECT_TRUE(select_atoms(frame, {}).xyz_A3.empty());
  EXPECT_EQ(sequence_of(trpcage().topology), "NLYIQWLKDGGPSSGRPPPS");
  EXPECT_EQ(sequence_of(trace_of({"ALA", "BEA"})), "AX");
  io::Topology t = trace_of({"ALA", "ALA", "ALA"});
  t.atoms[0].element = "S";
  t.atoms[1].element = "X";
  EXPECT_EQ(atomic_numbers(t), (std::vector<int>{16, 6, 6}));
}

TEST(Chemistry, DisulfidesAreSulfursThatAreNear) {
  const io::Topology t = atoms_of_trace(trace_of({"ALA", "CYS", "CYS", "MET", "CYS", "ALA"}), "trace");
  io::Frame frame;
  for (int a = 0; a < t.n_atoms(); ++a) frame.xyz_A3.insert(frame.xyz_A3.end(), {10.f * static_cast<float>(a), 0, 0});
  EXPECT_TRUE(disulfides_of(t, frame).empty());
  const int first = t.find_atom(1, "SG"), second = t.find_atom(2, "SG"), third = t.find_atom(4, "SG"), sd = t.find_atom(3, "SD");
  const auto put = [&](int atom, float x) { frame.xyz_A3[3 * atom] = x; };
  put(first, 0);
  put(third, 2.05f);
  put(sd, 1);  // of a methionine: no disulfide, however near
  EXPECT_EQ(disulfides_of(t, frame), (std::vector<std::pair<int, int>>{{first, third}}));
  put(third, 3.01f);
  EXPECT_TRUE(disulfides_of(t, frame).empty());
  put(second, 5.9f);
  EXPECT_EQ(disulfides_of(t, frame), (std::vector<std::pair<int, int>>{{second, third}}));
}

TEST(Chemistry, MissingAtomsByName) {
  const io::Structure s = trpcage();
  for (int r = 0; r < s.topology.n_residues(); ++r) EXPECT_TRUE(missing_atoms(s.topology, r).empty()) << s.topology.residue_label(r);
  EXPECT_EQ(missing_atoms(trace_of({"SER", "BEA"}), 0), (Names{"O", "N", "C", "CB", "OG"}));
  EXPECT_TRUE(missing_atoms(trace_of({"SER", "BEA"}), 1).empty());
  io::Topology phospho = atoms_of_trace(trace_of({"ALA", "SEP", "ALA"}), "trace");
  for (io::Atom& atom : phospho.atoms)
    if (atom.name == "OE1") atom.name = "O1P";  // another name of it
  EXPECT_TRUE(missing_atoms(phospho, 1).empty());
}

// ---- topologies as JSON

TEST(TopologyJson, RoundTrip) {
  io::Topology two_chains = trace_of({"ALA", "SER", "GLY", "ALA"}, {0, 2});
  two_chains.residues[1].insertion = 'B';
  two_chains.residues[2].number = -5;
  for (const io::Topology& t : {trpcage().topology, two_chains, trace_of({"ALA"})}) {
    const std::string text = topology_to_json(t);
    const io::Topology back = topology_from_json(text, "here");
    EXPECT_EQ(topology_to_json(back), text);
    ASSERT_EQ(back.n_atoms(), t.n_atoms());
    for (int r = 0; r < t.n_residues(); ++r) {
      EXPECT_EQ(back.residue_label(r), t.residue_label(r));
      EXPECT_EQ(back.residues[r].first_atom, t.residues[r].first_atom);
      EXPECT_EQ(back.residues[r].n_atoms, t.residues[r].n_atoms);
    }
  }
}

TEST(TopologyJson, HostileText) {
  const std::string good = topology_to_json(trace_of({"ALA", "SER", "GLY"}));
  for (std::size_t n = 0; n < good.size(); ++n)
    expect_error(ErrorKind::checkpoint, {"file.safetensors", "can't be read"}, [&] { topology_from_json(good.substr(0, n), "file.safetensors"); });
  const auto damaged = [&](const char* pointer, const json& value) {
    json j = json::parse(good);
    j[json::json_pointer(pointer)] = value;
    SCOPED_TRACE(std::string(pointer) + " = " + value.dump());
    expect_error(ErrorKind::checkpoint, {"place", "topology"}, [&] { topology_from_json(j.dump(), "place"); });
  };
  for (const json& value : {json(-1), json(3), json(2000000000), json("x"), json(nullptr)}) {
    damaged("/atoms/residue/1", value);
    damaged("/residues/chain/1", value);
  }
  damaged("/atoms/residue/0", 1);  // not contiguous: 1 1 2 leaves residue 0 without atoms
  damaged("/atoms/residue", json::array({0, 2, 1}));
  damaged("/atoms/residue", json::array({0}));
  damaged("/atoms/name", 7);
  damaged("/residues/insertion/0", "");
  damaged("/residues/number/0", "one");
  damaged("/chains", json::array());
  for (const char* text : {"", "[]", "null", "{}", "\xff\xfe", "{\"atoms\":{}}"})
    expect_error(ErrorKind::checkpoint, {"place"}, [&] { topology_from_json(text, "place"); });
}

// ---- checkpoints

io::Config tiny_config(const std::string& channels = "8") {
  return parse_training_config(R"({"model": {"kind": "cgvae", "channels": )" + channels + R"(, "n_rbf": 4, "encoder_layers": 1, "decoder_layers": 1},
 "data": {"trajectory": ["x.pdb"]}})", "config");
}

StageSetup tiny_setup() {
  StageSetup setup;
  setup.fine = trace_of({"ALA", "SER", "GLY", "ALA", "ALA", "ALA"});
  setup.map = io::contiguous_map(6, 3);
  setup.coarse = io::bead_topology(setup.map, setup.fine);
  return setup;
}

TEST(Checkpoint, RoundTrip) {
  Context context(1);
  const test::TestFolder folder;
  const io::Config config = tiny_config();
  const StageSetup setup = tiny_setup();
  const auto stage = make_stage(config, setup);
  stage->initialize(5);
  Adam<float> adam(stage->parameters(), {});
  for (int i = 0; i < 10; ++i) adam.first_moment().data()[i] = 0.1f * static_cast<float>(i);
  TrainingState state;
  state.epoch = 3;
  state.batches_done = 2;
  state.step = 17;
  state.sums = {1, 0.1, 1e-300};
  state.validation = {2.5, std::numeric_limits<double>::quiet_NaN(), 1.0 / 3};
  state.best = 1.0 / 3;
  state.plateau = {1e-4, 0.3, 2, 1};
  state.early_stop = {0.25, 4};
  save_checkpoint(context, folder.path("c"), *stage, config, {setup, {}}, adam, state, {16, 2, 3});

  const StageFile file = load_stage(folder.path("c"));
  EXPECT_EQ(file.config.effective_json(), config.effective_json());
  EXPECT_EQ(file.frames, (FrameCounts{16, 2, 3}));
  EXPECT_EQ(file.trained_on.protein.map.bead_of_atom, setup.map.bead_of_atom);
  EXPECT_EQ(topology_to_json(file.trained_on.protein.fine), topology_to_json(setup.fine));
  EXPECT_EQ(topology_to_json(file.trained_on.protein.coarse), topology_to_json(setup.coarse));
  for (const auto& p : stage->parameters().all()) {
    const auto& all = file.stage->parameters().all();
    const auto q = std::ranges::find(all, p.name, [](const auto& x) { return x.name; });
    ASSERT_NE(q, all.end());
    EXPECT_TRUE(std::equal(p.value, p.value + p.shape.size(), q->value)) << p.name;
  }

  const auto other = make_stage(config, setup);
  other->initialize(6);
  Adam<float> other_adam(other->parameters(), {});
  const TrainingState back = load_training_state(folder.path("c"), *other, other_adam);
  EXPECT_EQ(back.epoch, 3);
  EXPECT_EQ(back.batches_done, 2);
  EXPECT_EQ(back.step, 17);
  EXPECT_EQ(other_adam.steps(), 17);
  EXPECT_EQ(back.sums, state.sums);
  EXPECT_EQ(back.validation[0], 2.5);
  EXPECT_TRUE(std::isnan(back.validation[1]));
  EXPECT_EQ(back.validation[2], 1.0 / 3);
  EXPECT_EQ(back.best, 1.0 / 3);
  EXPECT_EQ(back.plateau.learning_rate, 1e-4);
  EXPECT_EQ(back.plateau.cooldown_left, 1);
  EXPECT_EQ(back.early_stop.bad_epochs, 4);
  save_checkpoint(context, folder.path("d"), *other, config, {setup, {}}, other_adam, back, *file.frames);
  EXPECT_EQ(test::bytes_of(folder.path("c")), test::bytes_of(folder.path("d")));
}

TEST(Checkpoint, WhatDoesntFit) {
  Context context(1);
  const test::TestFolder folder;
  const io::Config config = tiny_config();
  const StageSetup setup = tiny_setup();
  const auto stage = make_stage(config, setup);
  stage->initialize(5);
  save_model(context, folder.path("m"), *stage, config, {setup, {}}, "a note");
  EXPECT_EQ(load_stage(folder.path("m")).note, "a note");
  Adam<float> adam(stage->parameters(), {});
  expect_error(ErrorKind::checkpoint, {folder.path("m"), "training"}, [&] { load_training_state(folder.path("m"), *stage, adam); });

  save_checkpoint(context, folder.path("c"), *stage, config, {setup, {}}, adam, {}, {16, 2, 3});
  const auto wider = make_stage(tiny_config("16"), setup);
  Adam<float> wider_adam(wider->parameters(), {});
  expect_error(ErrorKind::checkpoint, {folder.path("c"), "another shape", "another configuration"},
               [&] { load_training_state(folder.path("c"), *wider, wider_adam); });

  // a description that doesn't fit the weights, or is none; metadata without weights is enough to see it
  const std::map<std::string, std::string> good = io::Safetensors::load(folder.path("m")).metadata();
  const auto with = [&](const std::string& key, const std::string& value) {
    io::SafetensorsWriter out;
    for (const auto& [k, v] : good) out.set_metadata(k, k == key ? value : v);
    out.write(folder.path("damaged"), true);
    return folder.path("damaged");
  };
  for (const char* key : {"config", "map", "fine_topology", "coarse_topology"})
    for (const char* value : {"", "{}", "[", "7", "[0, 0]"}) {
      SCOPED_TRACE(std::string(key) + " = " + value);
      expect_error(ErrorKind::checkpoint, {"damaged"}, [&] { load_stage(with(key, value)); });
    }
  for (const char* value : {"", "{}", "[", "7", R"({"train": "x", "validation": 1, "test": 1})"}) {
    auto checkpoint = io::Safetensors::load(folder.path("c")).metadata();
    checkpoint["frames"] = value;
    io::SafetensorsWriter out;
    for (const auto& [k, v] : checkpoint) out.set_metadata(k, v);
    out.write(folder.path("damaged"), true);
    expect_error(ErrorKind::checkpoint, {"damaged", "numbers of frames"}, [&] { load_stage(folder.path("damaged")); });
  }
  expect_error(ErrorKind::checkpoint, {"regrain-stage-9", "unknown to this version"}, [&] { load_stage(with("format", "regrain-stage-9")); });
  expect_error(ErrorKind::checkpoint, {"has no weights"}, [&] { load_stage(with("note", "x")); });
  expect_error(ErrorKind::checkpoint, {"is not a stage of regrain", "map"}, [&] {
    io::SafetensorsWriter out;
    for (const auto& [k, v] : good)
      if (k != "map") out.set_metadata(k, v);
    out.write(folder.path("no_map"), true);
    load_stage(folder.path("no_map"));
  });
}

TEST(Checkpoint, AStageKnowsItsBeads) {
  const auto stage = make_stage(tiny_config(), tiny_setup());
  EXPECT_EQ(stage->fine_topology(tiny_setup().coarse, "b.pdb").n_atoms(), 6);
  expect_error(ErrorKind::checkpoint, {"b.pdb", "2 beads", "trained for 3"}, [&] { stage->fine_topology(trace_of({"BEA", "BEA"}), "b.pdb"); });
  expect_error(ErrorKind::input, {"model.channels is 1", "2 particles"}, [] { make_stage(tiny_config("1"), tiny_setup()); });
}

TEST(CgvaeStage, TwoBeadsMakeALine) {
  EXPECT_TRUE(make_stage(tiny_config(), tiny_setup())->notes({tiny_setup()}).empty());
  StageSetup setup = tiny_setup();
  setup.map = io::contiguous_map(6, 2);
  setup.coarse = io::bead_topology(setup.map, setup.fine);
  Context context(1);
  io::Frame fine, beads;
  for (int i = 0; i < 18; ++i) fine.xyz_A3.push_back(static_cast<float>(i * i % 7));
  beads.xyz_A3 = {0, 0, 0, 3, 1, 2};
  const auto stage = make_stage(resolve_config(context, tiny_config(), setup, {&fine}), setup);
  ASSERT_EQ(stage->notes({setup}).size(), 1u);
  EXPECT_NE(stage->notes({setup}).front().find("the line through them"), std::string::npos);
  // and so it is
  stage->initialize(1);
  RefineMemory memory;
  const std::vector<float> x = stage->refine(context, setup.coarse, {{&beads, nullptr, {}}}, memory).front().xyz_A3;
  for (std::size_t i = 0; i < x.size(); i += 3) {
    EXPECT_NEAR(x[i + 1] * 3, x[i], 1e-3) << i / 3;
    EXPECT_NEAR(x[i + 2] * 1.5, x[i], 1e-3) << i / 3;
  }
}

TEST(ResolveConfig, MeasuresWhatTheFileLeavesOpen) {
  Context context(1);
  io::Frame line;  // 6 particles 1 apart, 3 beads 2 apart
  for (int i = 0; i < 6; ++i) line.xyz_A3.insert(line.xyz_A3.end(), {static_cast<float>(i), 0, 0});
  const auto resolved = [&](const std::string& model) {
    const io::Config given = parse_training_config(R"({"data": {"trajectory": ["x.pdb"]}, "model": {)" + model + "}}", "config");
    return resolve_config(context, given, tiny_setup(), {&line});
  };
  const io::Config measured = resolved(R"("kind": "cgvae", "atom_cutoff": 1.5, "bead_cutoff": 100)");
  EXPECT_DOUBLE_EQ(measured.number("model.atom_neighbors"), 10. / 6);
  EXPECT_DOUBLE_EQ(measured.number("model.bead_neighbors"), 2);
  const io::Config half = resolved(R"("kind": "cgvae", "atom_cutoff": 1.5, "bead_neighbors": 7)");
  EXPECT_DOUBLE_EQ(half.number("model.atom_neighbors"), 10. / 6);
  EXPECT_DOUBLE_EQ(half.number("model.bead_neighbors"), 7);
  EXPECT_EQ(resolved(R"("kind": "cgvae", "conformance": "reference")").number("model.atom_neighbors"), 0);
  EXPECT_EQ(resolved(R"("kind": "genzprot")").text("model.kind"), "genzprot");
}

// ---- what a transferable stage learns from

// Five residues whose two cysteines are bonded, their atoms anywhere within a small box.
struct Bonded {
  StageSetup setup;
  io::Frame frame;

  explicit Bonded(const Names& left_out = {}) {
    const io::Topology all = atoms_of_trace(trace_of({"ALA", "CYS", "SER", "CYS", "ALA"}), "trace");
    std::vector<int> kept;
    for (int a = 0; a < all.n_atoms(); ++a)
      if (std::ranges::find(left_out, all.atoms[a].name) == left_out.end()) kept.push_back(a);
    setup.fine = io::subset(all, kept);
    setup.map = io::ca_map(setup.fine, "bonded");
    setup.coarse = io::subset(setup.fine, io::alpha_carbons(setup.fine, "bonded"));
    for (int i = 0; i < 3 * setup.fine.n_atoms(); ++i) frame.xyz_A3.push_back(static_cast<float>((i * 7919 + 13) % 83) / 10);
  }
  std::unique_ptr<Stage> stage() const {
    return make_stage(parse_training_config(R"({"model": {"kind": "genzprot"}, "data": {"trajectory": ["x.pdb"]}})", "config"), setup);
  }
  Names notes() const { return stage()->notes({setup}); }
};

TEST(GenzprotStage, DisulfidesAreBondsOfTheGraphLoss) {
  Bonded bonded;
  const auto graph_loss = [&] {
    Context context(1);
    const auto stage = bonded.stage();
    stage->initialize(1);
    const auto names = stage->term_names();
    const auto batch = stage->make_batch(context, {stage->prepare(context, bonded.setup, bonded.frame).get()}, {DrawKey{}});
    Tape<float> tape(context, TapeMode::infer);
    return stage->loss(tape, *batch, {}).terms[std::ranges::find(names, "graph") - names.begin()].item();
  };
  const float without = graph_loss();
  EXPECT_TRUE(bonded.notes().empty());
  bonded.setup.disulfides = {{bonded.setup.fine.find_atom(1, "SG"), bonded.setup.fine.find_atom(3, "SG")}};
  EXPECT_NE(graph_loss(), without);
  EXPECT_EQ(bonded.notes(), (Names{"disulfide bonds in the first training frame: A/CYS 2 - A/CYS 4"}));
}

TEST(GenzprotStage, SaysWhatResiduesLack) {
  // residues 1 and 5 have no atoms here whatever the file holds
  EXPECT_TRUE(Bonded().notes().empty());
  EXPECT_EQ(Bonded({"OG"}).notes(),
            (Names{"1 residue lacks atoms (A/SER 3 without OG): no loss counts these, nor lengths, angles and torsions measured from them; the rest trains as usual"}));
  const std::string three = Bonded({"CB", "SG"}).notes().front();
  EXPECT_TRUE(three.starts_with("3 residues lack atoms (A/CYS 2 without CB SG; A/SER 3 without CB; A/CYS 4 without CB SG): no loss")) << three;
  // the first few are named
  Bonded many;
  const io::Topology all = trpcage().topology;
  std::vector<int> kept;
  for (int a = 0; a < all.n_atoms(); ++a)
    if (all.atoms[a].name != "CB") kept.push_back(a);
  many.setup.fine = io::subset(all, kept);
  const std::string some = many.notes().front();
  EXPECT_TRUE(some.starts_with("15 residues lack atoms (A/LEU 2 without CB; A/TYR 3 without CB; A/ILE 4 without CB; ...): no loss")) << some;
}

// ---- log

TEST(TrainingLog, AResumedRunDropsWhatItWritesAnew) {
  const test::TestFolder folder;
  const Names terms{"kl"};
  const std::string path = folder.path("log.csv");
  const std::vector<double> row{1, 2, 0, 0.5, 0.25, 1.0 / 3, 1e-9};
  {
    TrainingLog log(path, terms, 0);
    for (int epoch = 0; epoch < 4; ++epoch) log.add(epoch, row);
  }
  const std::string whole = test::bytes_of(folder.path("log.csv"));
  EXPECT_EQ(std::ranges::count(whole, '\n'), 5);
  EXPECT_TRUE(whole.starts_with("epoch,learning_rate,gradient_norm,skipped_batches,train_total,train_kl,validation_total,validation_kl\n0,1,2,0,0.5,"));
  {
    TrainingLog log(path, terms, 2);
    EXPECT_EQ(std::ranges::count(test::bytes_of(folder.path("log.csv")), '\n'), 3);
    for (int epoch = 2; epoch < 4; ++epoch) log.add(epoch, row);
  }
  EXPECT_EQ(test::bytes_of(folder.path("log.csv")), whole);
  // a line cut short by a crash belongs to the epoch that wasn't saved
  folder.write("log.csv", whole + "4,1,2");
  { TrainingLog log(path, terms, 4); }
  EXPECT_EQ(test::bytes_of(folder.path("log.csv")), whole);
  { TrainingLog log(path, terms, 0); }
  EXPECT_EQ(std::ranges::count(test::bytes_of(folder.path("log.csv")), '\n'), 1);
  TrainingLog log(path, terms, 0);
  expect_error(ErrorKind::internal, {"3 values", "7 columns"}, [&] { log.add(0, {1, 2, 3}); });
}

TEST(TrainingLog, ExactReadsBack) {
  for (const double v : {0.0, 1.0 / 3, 1e-300, -1.5e300, 0.1, 123456789.0}) EXPECT_EQ(std::strtod(exact(v).c_str(), nullptr), v);
  EXPECT_EQ(exact(0.1), "0.1");
}

// ---- maps and neighbours

// the published sums are plain: no division, whatever the schema's "measure it"
TEST(StageConfig, ReferenceSumsAreNotDivided) {
  const std::string text = R"({"model": {"kind": "cgvae", "conformance": "reference"}, "data": {"trajectory": ["x.pdb"]}})";
  const models::CgvaeConfig config = cgvae_config(parse_training_config(text, "test"));
  EXPECT_EQ(config.atom_neighbors, 1);
  EXPECT_EQ(config.bead_neighbors, 1);
}

TEST(CountNeighbors, MeanOverParticlesAndFrames) {
  Context context(1);
  const io::BeadMap map = io::contiguous_map(4, 2);
  io::Frame line, spread;
  line.xyz_A3 = {0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0};         // 3 pairs within 1.5, so 6 / 4
  spread.xyz_A3 = {0, 0, 0, 9, 0, 0, 18, 0, 0, 27, 0, 0};     // none; beads 18 apart
  EXPECT_DOUBLE_EQ(count_neighbors(context, map, {&line}, 1.5, 3).atoms, 1.5);
  EXPECT_DOUBLE_EQ(count_neighbors(context, map, {&line}, 1.5, 3).beads, 1);
  EXPECT_DOUBLE_EQ(count_neighbors(context, map, {&line}, 100, 3).atoms, 3);
  // of both frames; never less than 1, so that nothing is divided by 0
  EXPECT_DOUBLE_EQ(count_neighbors(context, map, {&line, &spread}, 2.5, 3).atoms, 1.25);
  EXPECT_DOUBLE_EQ(count_neighbors(context, map, {&spread}, 1, 1).atoms, 1);
  EXPECT_DOUBLE_EQ(count_neighbors(context, map, {&spread}, 1, 1).beads, 1);
}

TEST(MakeMap, ByName) {
  Context context(1);
  const io::Topology t = atoms_of_trace(trace_of({"ALA", "SER", "GLY", "ALA"}), "t");
  const Talk quiet = [](const std::string&) {};
  const auto make = [&](const MapRequest& request) { return make_map(context, request, t, {}, "t.pdb", quiet); };
  EXPECT_EQ(make({.map = "ca"}).bead_of_atom, (std::vector<int>{0, -1, 1, -1, -1, -1, -1, -1, 2, -1, -1, 3}));
  EXPECT_EQ(make({.map = "fixed", .n_beads = 3}).bead_of_atom, (std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}));
  for (const char* map : {"fixed", "autograin"})
    for (const int n : {0, -1, 13}) expect_error(ErrorKind::input, {"t.pdb", "12 particles", "1 to 12"}, [&] { make({.map = map, .n_beads = n}); });
}

TEST(MakeMap, FromAFile) {
  const test::TestFolder folder;
  Context context(1);
  const io::Topology t = atoms_of_trace(trace_of({"ALA", "SER", "GLY", "ALA"}), "t");
  const auto make = [&](const std::string& text) {
    return make_map(context, {.map = folder.write("map.json", text)}, t, {}, "t.pdb", [](const std::string&) {});
  };
  EXPECT_EQ(make("[0,0,0,0,0,0,0,1,1,1,1,1]").bead_of_atom, (std::vector<int>{0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1}));
  // one entry a residue: 1, 6, 4 and 1 atoms
  EXPECT_EQ(make("[0, 1, 1, 0]").bead_of_atom, (std::vector<int>{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(make("[0, -1, 1, 1]").bead_of_atom, (std::vector<int>{0, -1, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1}));
  expect_error(ErrorKind::input, {"map.json", "maps 3", "12 particles", "4 residues"}, [&] { make("[0, 0, 1]"); });
  expect_error(ErrorKind::input, {"map.json", "bead 1 has no atom"}, [&] { make("[0, 0, 2, 2]"); });
  expect_error(ErrorKind::input, {"map.json"}, [&] { make("[]"); });
  expect_error(ErrorKind::input, {"no.json", "check the name"},
               [&] { make_map(context, {.map = folder.path("no.json")}, t, {}, "t.pdb", [](const std::string&) {}); });
}

}  // namespace
}  // namespace regrain::driver
