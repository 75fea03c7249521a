#include "io/trajectory.hpp"

#include <cstring>

#include "io/byte_order.hpp"
#include "io/checks.hpp"
#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

std::vector<Frame> some_frames(int n_frames, int n_atoms) {
  std::vector<Frame> frames;
  for (int f = 0; f < n_frames; ++f) {
    frames.push_back(random_frame(n_atoms, static_cast<uint64_t>(f)));
    frames.back().time = 10 + 2 * f;
    frames.back().step = 5 + f;
    frames.back().box = {30, 0, 0, 0, 40, 0, 0, 0, 50.0f + static_cast<float>(f)};
  }
  return frames;
}

std::string write(const TestFolder& folder, const std::string& name, const Topology& topology,
                  const std::vector<Frame>& frames) {
  TrajectoryWriter writer = TrajectoryWriter::open(folder.path(name), topology);
  for (const Frame& frame : frames) writer.write(frame);
  EXPECT_FALSE(std::filesystem::exists(folder.path(name)));
  writer.close();
  return folder.path(name);
}

std::vector<Frame> read_all(const std::string& path) {
  TrajectoryReader reader = TrajectoryReader::open(path);
  std::vector<Frame> frames;
  Frame frame;
  while (reader.next(frame)) frames.push_back(frame);
  EXPECT_FALSE(reader.next(frame)) << "stays at the end";
  EXPECT_EQ(reader.n_frames(), static_cast<int64_t>(frames.size()));
  return frames;
}

class EachFormat : public testing::TestWithParam<const char*> {
 protected:
  std::string name() const { return std::string("x") + GetParam(); }
  double tolerance() const { return name() == "x.dcd" ? 0 : name() == "x.xtc" ? 0.0051 : 0.00051; }
};

TEST_P(EachFormat, RoundTrip) {
  for (const int n_residues : {1, 2, 3, 30}) {
    TestFolder folder;
    const Topology topology = small_topology(n_residues);
    const std::vector<Frame> frames = some_frames(4, topology.n_atoms());
    const std::vector<Frame> back = read_all(write(folder, name(), topology, frames));
    ASSERT_EQ(back.size(), frames.size());
    for (size_t f = 0; f < frames.size(); ++f) {
      expect_near(back[f].xyz_A3, frames[f].xyz_A3, tolerance());
      if (name() == "x.dcd" || name() == "x.xtc") {
        EXPECT_NEAR(back[f].time, frames[f].time, 1e-4);
        expect_near({back[f].box.begin(), back[f].box.end()}, {frames[f].box.begin(), frames[f].box.end()},
                    1e-4);
      }
      if (name() == "x.xtc") {
        EXPECT_EQ(back[f].step, frames[f].step);
      }
    }
  }
}

TEST_P(EachFormat, SeekIsAnyOrder) {
  TestFolder folder;
  const Topology topology = small_topology(5);
  const std::vector<Frame> frames = some_frames(6, topology.n_atoms());
  TrajectoryReader reader =
      TrajectoryReader::open(write(folder, name(), topology, frames), topology.n_atoms());
  Frame frame;
  for (const int64_t f : {4, 0, 5, 5, 2}) {
    reader.seek(f);
    ASSERT_TRUE(reader.next(frame));
    expect_near(frame.xyz_A3, frames[static_cast<size_t>(f)].xyz_A3, tolerance());
  }
  reader.seek(6);
  EXPECT_FALSE(reader.next(frame));
  expect_error(ErrorKind::input, {"no frame 7", "6"}, [&] { reader.seek(7); });
  expect_error(ErrorKind::input, {"no frame -1"}, [&] { reader.seek(-1); });
}

TEST_P(EachFormat, AtomCountsAreCompared) {
  TestFolder folder;
  const Topology topology = small_topology(5);
  const std::string path = write(folder, name(), topology, some_frames(2, 20));
  expect_error(ErrorKind::input, {path, "20 atoms", "expected 21", "topology"},
               [&] { TrajectoryReader::open(path, 21); });
  EXPECT_EQ(TrajectoryReader::open(path, 20).n_atoms(), 20);
}

TEST_P(EachFormat, WriterRefusesBadFramesAndLeavesNothing) {
  TestFolder folder;
  const Topology topology = small_topology(5);
  {
    TrajectoryWriter writer = TrajectoryWriter::open(folder.path(name()), topology);
    Frame frame = random_frame(20, 1);
    writer.write(frame);
    frame.xyz_A3[4] = NAN;
    expect_error(ErrorKind::numbers, {"frame 1", "A/GLY 1"}, [&] { writer.write(frame); });
    expect_error(ErrorKind::internal, {"failed"}, [&] { writer.close(); });
  }
  {
    TrajectoryWriter writer = TrajectoryWriter::open(folder.path(name()), topology);
    expect_error(ErrorKind::internal, {"19 atoms", "expected 20"},
                 [&] { writer.write(random_frame(19, 1)); });
  }
  EXPECT_EQ(folder.n_files(), 0u);
}

TEST_P(EachFormat, TruncatedNamesFileAndFrame) {
  TestFolder folder;
  const Topology topology = small_topology(5);
  const std::string path = write(folder, name(), topology, some_frames(3, 20)), bytes = bytes_of(path);
  const std::string cut =
      folder.write("cut" + name(), bytes.substr(0, bytes.size() - (name() == "x.cif" ? 60 : 100)));
  expect_error(ErrorKind::input, {cut}, [&] {
    TrajectoryReader reader = TrajectoryReader::open(cut);
    Frame frame;
    while (reader.next(frame)) {
    }
  });
  if (name() == "x.dcd" || name() == "x.xtc") {
    expect_error(ErrorKind::input, {cut, "frame 2"}, [&] { TrajectoryReader::open(cut).n_frames(); });
    expect_error(ErrorKind::input, {"empty" + name()},
                 [&] { TrajectoryReader::open(folder.write("empty" + name(), "")); });
  }
}

INSTANTIATE_TEST_SUITE_P(Trajectory, EachFormat, testing::Values(".dcd", ".xtc", ".pdb", ".cif"),
                         [](const auto& which) { return std::string(which.param + 1); });

// A DCD as other programs may write it, in either byte order.
struct DcdMaker {
  bool swap = false;
  bool cell = false, fourth = false;
  int n_fixed = 0, announced = 2;
  std::string bytes{};

  template <class T>
  std::string number(T x) const {
    std::string text(sizeof x, '\0');
    store(text.data(), x, swap);
    return text;
  }
  void record(const std::string& body) {
    const std::string length = number(static_cast<uint32_t>(body.size()));
    bytes += length + body + length;
  }
  void header(int n_atoms) {
    std::string control = "CORD";
    for (int i = 0; i < 20; ++i) {
      const int values[] = {announced, 100,    50, 0, 0, 0, 0, 0, n_fixed, 0,
                            cell,      fourth, 0,  0, 0, 0, 0, 0, 0,       24};
      control += i == 9 ? number(0.02f) : number(values[i]);
    }
    record(control);
    record(number(2) + std::string(160, 't'));
    record(number(n_atoms));
    if (n_fixed > 0) {
      std::string free;
      for (int i = 0; i < n_atoms - n_fixed; ++i) free += number(2 + i);  // the first atom is fixed
      record(free);
    }
  }
  void frame(int n, float first) {
    if (cell) record(number(30.0) + number(0.0) + number(40.0) + number(0.0) + number(0.5) + number(50.0));
    for (int axis = 0; axis < (fourth ? 4 : 3); ++axis) {
      std::string values;
      for (int i = 0; i < n; ++i) values += number(first + static_cast<float>(10 * axis + i));
      record(values);
    }
  }
};

TEST(Dcd, BothByteOrdersCellsFixedAtomsAndTheFourthDimension) {
  TestFolder folder;
  for (const bool swap : {false, true})
    for (const bool cell : {false, true})
      for (const int n_fixed : {0, 1}) {
        DcdMaker dcd{swap, cell, swap, n_fixed};
        dcd.header(3);
        dcd.frame(3, 0);
        dcd.frame(3 - n_fixed, 100);
        const std::vector<Frame> frames = read_all(folder.write("x.dcd", dcd.bytes));
        ASSERT_EQ(frames.size(), 2u);
        EXPECT_EQ(frames[0].xyz_A3, (std::vector<float>{0, 10, 20, 1, 11, 21, 2, 12, 22}));
        if (n_fixed > 0) {
          EXPECT_EQ(frames[1].xyz_A3, (std::vector<float>{0, 10, 20, 100, 110, 120, 101, 111, 121}));
        }
        EXPECT_EQ(frames[1].step, 150);
        EXPECT_NEAR(frames[1].time, 150 * 0.02 * 0.0488882129, 1e-6);
        EXPECT_NEAR(frames[0].box[0], cell ? 30 : 0, 1e-6);
        EXPECT_NEAR(frames[0].box[7], cell ? 25 : 0, 1e-4) << "alpha is 60 degrees, given as a cosine";
        TrajectoryReader reader = TrajectoryReader::open(folder.path("x.dcd"));
        Frame frame;
        reader.seek(1);
        reader.next(frame);
        EXPECT_EQ(frame.xyz_A3, frames[1].xyz_A3);
      }
}

TEST(Dcd, HeadersThatLie) {
  TestFolder folder;
  DcdMaker none;
  none.announced = 0;
  none.header(3);
  none.frame(3, 0);
  EXPECT_EQ(read_all(folder.write("x.dcd", none.bytes)).size(), 1u) << "written without counting";
  DcdMaker more;
  more.announced = 5;
  more.header(3);
  more.frame(3, 0);
  EXPECT_EQ(read_all(folder.write("x.dcd", more.bytes)).size(), 1u) << "a run that was stopped";
  const std::string note = TrajectoryReader::open(folder.path("x.dcd")).note();
  EXPECT_NE(note.find("holds 1 frames though its header announces 5"), std::string::npos) << note;
  std::string bad = none.bytes;
  bad[bad.size() - 4] = 13;
  expect_error(ErrorKind::input, {"x.dcd", "frame 0", "record of 13", "expected 12"},
               [&] { read_all(folder.write("x.dcd", bad)); });
  bad = none.bytes;
  std::memcpy(bad.data() + 4, "VELD", 4);
  expect_error(ErrorKind::input, {"velocities"}, [&] { read_all(folder.write("x.dcd", bad)); });
  std::string wide = none.number(uint64_t{84}) + none.bytes.substr(4);
  expect_error(ErrorKind::input, {"8 bytes"}, [&] { read_all(folder.write("x.dcd", wide)); });
}

TEST(Xtc, FramesOfDifferentMolecules) {
  TestFolder folder;
  const std::string a = write(folder, "a.xtc", small_topology(5), some_frames(1, 20));
  const std::string b = write(folder, "b.xtc", small_topology(6), some_frames(1, 24));
  const std::string both = folder.write("both.xtc", bytes_of(a) + bytes_of(b));
  expect_error(ErrorKind::input, {both, "frame 1", "24 atoms", "expected 20"}, [&] { read_all(both); });
  std::string bad = bytes_of(a);
  bad[3] = 0;
  expect_error(ErrorKind::input, {"1995"}, [&] { read_all(folder.write("bad.xtc", bad)); });
}

TEST(Xtc, WideLengths) {
  // GROMACS' layout for very many atoms: another first number, and lengths of eight bytes
  TestFolder folder;
  const std::string plain = bytes_of(write(folder, "a.xtc", small_topology(5), some_frames(1, 20)));
  std::string wide = plain;
  store(wide.data(), int32_t{2023}, kSwapBigEndian);
  wide.insert(88, 4, '\0');
  EXPECT_EQ(read_all(folder.write("wide.xtc", wide))[0].xyz_A3, read_all(folder.path("a.xtc"))[0].xyz_A3);
}

TEST(Xtc, CellsThatAreNone) {
  TestFolder folder;
  std::vector<Frame> frames = some_frames(1, 20);
  for (const float side : {40.f, 1e9f, INFINITY, NAN}) {
    frames[0].box = {side, 0, 0, 0, 40, 0, 0, 0, 40};
    const float found = read_all(write(folder, concat("x", side, ".xtc"), small_topology(5), frames))[0].box[0];
    EXPECT_EQ(found, side == 40 ? 40 : 0) << side;
  }
}

TEST(LoadFrames, SeveralFilesAndSelection) {
  TestFolder folder;
  // a top file with a water in front: the trajectory has all atoms, the topology the protein's
  const Topology all = small_topology(3, 2);
  Topology named = all;
  for (int r = 0; r < 3; ++r) named.residues[static_cast<size_t>(r)].name = "HOH";
  const std::vector<Frame> frames = some_frames(3, 24);
  const std::string top = folder.path("top.pdb");
  write_structure(top, named, {frames[0]});
  const std::string xtc = write(folder, "x.xtc", all, frames), dcd = write(folder, "x.dcd", all, frames);
  const Structure loaded = load_frames({xtc, dcd}, top);
  ASSERT_EQ(loaded.frames.size(), 6u);
  EXPECT_EQ(loaded.topology.n_atoms(), 12);
  for (size_t i = 0; i < 36; ++i) ASSERT_EQ(loaded.frames[4].xyz_A3[i], frames[1].xyz_A3[36 + i]);
  EXPECT_EQ(load_frames({top}, "").frames.size(), 1u);
  expect_error(ErrorKind::usage, {"x.xtc", "--top"}, [&] { load_frames({xtc}, ""); });
  expect_error(ErrorKind::usage, {"at least one"}, [&] { load_frames({}, top); });
  const std::string other = write(folder, "other.xtc", small_topology(2), some_frames(1, 8));
  expect_error(ErrorKind::input, {other, "8 atoms", "12", "24"}, [&] { load_frames({other}, top); });
}

TEST(TrpCage, SeparateFrames) {
  const Structure cage = load_frames({data_file("trpcage/trpcage_330K_heavy.xtc")},
                                     data_file("trpcage/trpcage_330K_heavy_top.pdb"));
  ASSERT_EQ(cage.frames.size(), 590u);
  EXPECT_EQ(cage.topology.n_residues(), 20);
  EXPECT_NEAR(cage.frames[1].time - cage.frames[0].time, 2, 1e-4);
  for (const Frame& frame : cage.frames) check_units(cage.topology, frame, "trpcage");
  // the same packed again: no further loss, and no larger than the original by much
  TestFolder folder;
  const std::string again = write(folder, "again.xtc", cage.topology, cage.frames);
  const std::vector<Frame> back = read_all(again);
  for (size_t f = 0; f < back.size(); ++f) expect_near(back[f].xyz_A3, cage.frames[f].xyz_A3, 1e-5);
  EXPECT_LT(static_cast<double>(bytes_of(again).size()),
            1.1 * static_cast<double>(bytes_of(data_file("trpcage/trpcage_330K_heavy.xtc")).size()));
}

TEST(TrajectoryWriter, RefusesUnknownFormats) {
  TestFolder folder;
  expect_error(ErrorKind::usage, {"x.trr", ".xtc"},
               [&] { TrajectoryWriter::open(folder.path("x.trr"), small_topology(1)); });
  expect_error(ErrorKind::usage, {"gzip"},
               [&] { TrajectoryWriter::open(folder.path("x.pdb.gz"), small_topology(1)); });
  folder.write("x.xtc", "old");
  expect_error(ErrorKind::output, {"--force"},
               [&] { TrajectoryWriter::open(folder.path("x.xtc"), small_topology(1)); });
}

}  // namespace
}  // namespace regrain::io
