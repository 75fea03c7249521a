// A thousand damaged inputs of regrain backmap end in one message that helps and no file, or in a structure with the residues
// that were read: never in a crash, a hang, NaN or half a file. Every case can be repeated from its number.
#include <ctime>
#include <filesystem>
#include <functional>

#include "tests/driver/backmap/corruptions.hpp"
#include "tests/driver/backmap/traces.hpp"
#include "tests/driver/listed_structures.hpp"
#include "tests/support/test_folder.hpp"

namespace regrain::backmap_test {
namespace {

using test::bytes_of;
using test::TestFolder;

constexpr double kMostSeconds = 20;  // of the CPU, a case; a hundred times what one takes

struct Files {
  std::string in, top, out;  // top: none if empty
};

struct Tally {
  int built = 0, refused = 0;
};

void expect_refusal(const Outcome& outcome, const Files& files) {
  const auto code = static_cast<ErrorKind>(outcome.exit_code);
  EXPECT_TRUE(code == ErrorKind::input || code == ErrorKind::numbers || code == ErrorKind::output) << outcome.exit_code << ": " << outcome.error;
  bool named = false;
  for (const std::string& file : {files.in, files.top, files.out}) named = named || (!file.empty() && outcome.error.find(file) != std::string::npos);
  EXPECT_TRUE(named) << "no place in: " << outcome.error;
  EXPECT_TRUE(outcome.error.find("; ") != std::string::npos || outcome.error.find("expected") != std::string::npos) << "no way out in: " << outcome.error;
  EXPECT_TRUE(std::none_of(outcome.error.begin(), outcome.error.end(), [](unsigned char c) { return std::iscntrl(c) != 0; })) << outcome.error;
  EXPECT_FALSE(std::filesystem::exists(files.out)) << outcome.error;
}

void expect_clean_end(const TestFolder& folder, const Files& files, Tally& tally) {
  const std::size_t n_files = folder.n_files();
  Words words{files.in, "--draws", "8", "-o", files.out};
  if (!files.top.empty()) words.insert(words.end(), {"--top", files.top});
  const std::clock_t start = std::clock();
  const Outcome outcome = backmap(words);
  EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, kMostSeconds);
  if (outcome.exit_code == kDone) {
    ++tally.built;
    expect_built(files.in, files.top, files.out);
    std::filesystem::remove(files.out);
  } else {
    ++tally.refused;
    expect_refusal(outcome, files);
  }
  EXPECT_EQ(folder.n_files(), n_files) << "something was left behind";
}

// make(folder, draws) writes the damaged input.
void corrupt_many(int n, std::uint64_t seed, const std::function<Files(const TestFolder&, Draws&)>& make) {
  Tally tally;
  for (int i = 0; i < n; ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    const TestFolder folder;
    Draws draws(seed * 1000003 + static_cast<std::uint64_t>(i));
    expect_clean_end(folder, make(folder, draws), tally);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(tally.built, n / 20) << "nothing but refusals tests little";
  EXPECT_GT(tally.refused, n / 5) << "the damage does no harm, so it tests little";
  std::printf("%d structures built, %d inputs refused\n", tally.built, tally.refused);
}

std::string trace_bytes(const std::string& extension, int n_frames) {
  const TestFolder folder;
  two_chains(n_frames).write(folder.path("ca" + extension));
  return bytes_of(folder.path("ca" + extension));
}

std::string corrupted_text(const std::string& bytes, Draws& draws, Text text) {
  std::string damaged = bytes;
  for (std::size_t changes = 1 + draws.below(3); changes > 0; --changes) damaged = corrupt_text(damaged, draws, text);
  return damaged;
}

void corrupt_texts(const std::string& extension, Text text, int n) {
  const std::string one = trace_bytes(extension, 1), two = trace_bytes(extension, 2);
  corrupt_many(n, 1, [&](const TestFolder& folder, Draws& draws) {
    const std::string& bytes = draws.below(4) == 0 ? two : one;
    return Files{folder.write("in" + extension, corrupted_text(bytes, draws, text)), "", folder.path("out" + extension)};
  });
}

TEST(CorruptedTraces, Pdb) { corrupt_texts(".pdb", Text::pdb, 420); }
TEST(CorruptedTraces, Cif) { corrupt_texts(".cif", Text::cif, 280); }

// the text in them is sound, or not
TEST(CorruptedTraces, Gzip) {
  const std::string bytes = trace_bytes(".pdb", 1);
  corrupt_many(100, 2, [&](const TestFolder& folder, Draws& draws) {
    const std::size_t kind = draws.below(3);
    test::gzip(folder.write("in.pdb", kind == 0 ? corrupted_text(bytes, draws, Text::pdb) : bytes), folder.path("in.pdb.gz"));
    if (kind > 0) folder.write("in.pdb.gz", corrupt_bytes(bytes_of(folder.path("in.pdb.gz")), draws));
    return Files{folder.path("in.pdb.gz"), "", folder.path("out.pdb")};
  });
}

void corrupt_trajectories(const std::string& extension) {
  const std::string bytes = trace_bytes(extension, 2), names = trace_bytes(".pdb", 1);
  corrupt_many(130, 3, [&](const TestFolder& folder, Draws& draws) {
    const std::size_t kind = draws.below(5);  // one in five has a damaged topology
    std::string damaged = bytes;
    if (kind > 0) damaged = corrupt_bytes(damaged, draws);
    return Files{folder.write("in" + extension, damaged), folder.write("top.pdb", kind == 0 ? corrupted_text(names, draws, Text::pdb) : names),
                 folder.path("out.cif")};
  });
}

TEST(CorruptedTraces, Dcd) { corrupt_trajectories(".dcd"); }
TEST(CorruptedTraces, Xtc) { corrupt_trajectories(".xtc"); }

}  // namespace
}  // namespace regrain::backmap_test
