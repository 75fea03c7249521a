// Damaged files end in Error or in data that holds together: never in a crash, a hang or a huge
// allocation. Run under the sanitizers too. Every case can be repeated from its seed.
#include "io/bead_map.hpp"
#include "io/json_config.hpp"
#include "io/safetensors.hpp"
#include "io/trajectory.hpp"
#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

constexpr int kMutations = 4000;

// Cuts, flipped bytes, numbers at their limits, pieces moved or repeated.
std::string mutated(std::string bytes, Draws& draws) {
  const size_t n_changes = 1 + draws.below(4);
  for (size_t c = 0; c < n_changes && !bytes.empty(); ++c) {
    const size_t at = draws.below(bytes.size());
    switch (draws.below(6)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes[at] = static_cast<char>(draws.bits());
        break;
      case 2:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << draws.below(8)));
        break;
      case 3: {
        static constexpr uint32_t kLimits[] = {0,          1,          0xffffffff, 0x7fffffff,
                                               0x80000000, 0x00ffffff, 0xffffff7f, 0x0000c07f};
        const uint32_t value = kLimits[draws.below(8)];
        for (size_t i = 0; i < 4 && at / 4 * 4 + i < bytes.size(); ++i)
          bytes[at / 4 * 4 + i] = static_cast<char>(value >> (8 * i));
        break;
      }
      case 4:
        bytes.insert(at, bytes.substr(draws.below(bytes.size()), draws.below(120)));
        break;
      default:
        bytes.erase(at, draws.below(120));
    }
  }
  return bytes;
}

// Runs use(mutant); it may throw Error and nothing else.
template <class Use>
void mutate_many(const std::string& original, int n, uint64_t seed, Use&& use) {
  int n_errors = 0;
  for (int i = 0; i < n; ++i) {
    Draws draws(seed * 1000003 + static_cast<uint64_t>(i));
    const std::string bytes = mutated(original, draws);
    try {
      use(bytes);
    } catch (const Error& error) {
      ++n_errors;
      ASSERT_FALSE(std::string(error.what()).empty());
      ASSERT_NE(error.kind(), ErrorKind::internal) << "mutation " << i << ": " << error.what();
    } catch (const std::exception& error) {
      FAIL() << "mutation " << i << " threw something else: " << error.what();
    }
  }
  EXPECT_GT(n_errors, n / 10) << "the mutations do no harm, so they test nothing";
  std::printf("%d mutations, %d errors\n", n, n_errors);
}

void use_structure(const std::string& path, const ReadOptions& options) {
  const Structure s = read_structure(path, options);
  s.topology.check();
  ASSERT_FALSE(s.frames.empty());
  for (const Frame& frame : s.frames) ASSERT_EQ(frame.n_atoms(), s.topology.n_atoms());
}

std::vector<Frame> frames_of(int n_frames, int n_atoms) {
  std::vector<Frame> frames;
  for (int f = 0; f < n_frames; ++f) frames.push_back(random_frame(n_atoms, static_cast<uint64_t>(f) + 9));
  return frames;
}

void use_trajectory(const std::string& path) {
  TrajectoryReader reader = TrajectoryReader::open(path);
  Frame frame;
  for (int f = 0; f < 100 && reader.next(frame); ++f) ASSERT_EQ(frame.n_atoms(), reader.n_atoms());
  const int64_t n = reader.n_frames();
  reader.seek(n / 2);
  reader.next(frame);
}

void mutate_structure(const std::string& extension) {
  TestFolder folder;
  Topology topology = small_topology(3, 2);
  topology.residues[1].name = "MSE";
  topology.residues[4].insertion = 'C';
  std::vector<Frame> frames = frames_of(2, 24);
  frames[0].box = {30, 0, 0, 0, 40, 0, 0, 0, 50};
  write_structure(folder.path("a" + extension), topology, frames);
  const std::string original = bytes_of(folder.path("a" + extension));
  for (const bool beads : {false, true})
    mutate_many(original, kMutations / 2, beads, [&](const std::string& bytes) {
      use_structure(folder.write("m" + extension, bytes), {.beads = beads, .drop_unknown = beads});
    });
}

void mutate_trajectory(const std::string& extension, int n_residues) {
  TestFolder folder;
  const Topology topology = small_topology(n_residues);
  TrajectoryWriter writer = TrajectoryWriter::open(folder.path("a" + extension), topology);
  for (Frame& frame : frames_of(3, topology.n_atoms())) {
    frame.box = {30, 0, 0, 0, 40, 0, 0, 0, 50};
    writer.write(frame);
  }
  writer.close();
  const std::string original = bytes_of(folder.path("a" + extension));
  mutate_many(original, kMutations, 1,
              [&](const std::string& bytes) { use_trajectory(folder.write("m" + extension, bytes)); });
}

TEST(Hostile, Pdb) { mutate_structure(".pdb"); }
TEST(Hostile, Cif) { mutate_structure(".cif"); }
TEST(Hostile, Dcd) { mutate_trajectory(".dcd", 5); }
TEST(Hostile, Xtc) { mutate_trajectory(".xtc", 20); }
TEST(Hostile, XtcPlain) { mutate_trajectory(".xtc", 2); }

TEST(Hostile, EveryTruncation) {
  TestFolder folder;
  const Topology topology = small_topology(4);
  for (const std::string extension : {".dcd", ".xtc"}) {
    TrajectoryWriter writer = TrajectoryWriter::open(folder.path("a" + extension), topology);
    for (const Frame& frame : frames_of(2, 16)) writer.write(frame);
    writer.close();
    const std::string original = bytes_of(folder.path("a" + extension));
    int n_whole = 0;
    for (size_t n = 0; n < original.size(); ++n) {
      const std::string path = folder.write("cut" + extension, original.substr(0, n));
      try {
        use_trajectory(path);
        // cut between two frames, the file is a whole one
        const int64_t n_left = TrajectoryReader::open(path).n_frames();
        EXPECT_LT(n_left, 2) << "cut at " << n;
        ++n_whole;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::input);
      }
    }
    // after the first frame, and for DCD after the header too
    EXPECT_EQ(n_whole, extension == ".dcd" ? 2 : 1);
  }
}

TEST(Hostile, Safetensors) {
  SafetensorsWriter writer;
  const std::vector<float> x(40, 1.5f);
  writer.add("a.weight", {4, 5}, x.data());
  writer.add("b.bias", {5}, x.data());
  writer.add("c", {}, x.data());
  writer.set_metadata("config", "{}");
  TestFolder folder;
  writer.write(folder.path("a"), false);
  mutate_many(bytes_of(folder.path("a")), kMutations, 1, [](const std::string& bytes) {
    const Safetensors file = Safetensors::parse(bytes, "m");
    for (const auto& [name, info] : file.tensors()) {
      ASSERT_EQ(file.bytes(name).size(), info.n_bytes);
      if (info.dtype == DType::F32) {
        ASSERT_EQ(file.doubles(name).size(), static_cast<size_t>(info.n_elements()));
      }
    }
  });
}

TEST(Hostile, Json) {
  ConfigSchema schema;
  schema.text("model.kind", "a", "x", {"a", "b"})
      .integer("model.n", 1, 0, 100, "x")
      .numbers("train.rates", {1}, 0, 9, "x");
  const std::string original = R"({"model": {"kind": "a", "n": 12}, "train": {"rates": [0.5, 1e-3, 2]}})";
  mutate_many(original, kMutations, 1, [&](const std::string& bytes) {
    const Config config = Config::parse(bytes, "m.json", schema);
    ASSERT_EQ(Config::parse(config.effective_json(), "again", schema).effective_json(),
              config.effective_json());
  });
}

TEST(Hostile, BeadMap) {
  TestFolder folder;
  write_bead_map(folder.path("a.json"), contiguous_map(60, 7));
  mutate_many(bytes_of(folder.path("a.json")), kMutations, 1, [](const std::string& bytes) {
    const BeadMap map = parse_bead_map(bytes, "m.json");
    ASSERT_EQ(apply(BeadMap{map.bead_of_atom, map.n_beads}, random_frame(map.n_atoms(), 1)).n_atoms(),
              map.n_beads);
  });
}

}  // namespace
}  // namespace regrain::io
