#include "io/atomic_file.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "io/unfinished_files.hpp"
#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

TEST(AtomicFile, AppearsOnCommitOnly) {
  TestFolder folder;
  const std::string path = folder.path("out");
  {
    AtomicFile file(path, false);
    file.write("half");
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  EXPECT_EQ(folder.n_files(), 0u) << "an abandoned file leaves nothing";
  AtomicFile file(path, false);
  file.write("head....");
  file.write(std::string(1000000, 'x'));
  file.write_at(4, "DATA", 4);
  file.commit();
  EXPECT_EQ(bytes_of(path).substr(0, 9), "headDATAx");
  EXPECT_EQ(bytes_of(path).size(), 1000008u);
  EXPECT_EQ(folder.n_files(), 1u);
}

TEST(AtomicFile, RefusesExistingUnlessForced) {
  TestFolder folder;
  const std::string path = folder.write("out", "old");
  expect_error(ErrorKind::output, {path, "exists", "--force"}, [&] { AtomicFile(path, false); });
  expect_error(ErrorKind::output, {path, "exists", "--force"}, [&] { write_file(path, "new", false); });
  EXPECT_EQ(bytes_of(path), "old");
  write_file(path, "new", true);
  EXPECT_EQ(bytes_of(path), "new");
}

TEST(AtomicFile, RefusesWhatAppearedMeanwhile) {
  TestFolder folder;
  AtomicFile file(folder.path("out"), false);
  file.write("mine");
  folder.write("out", "theirs");
  expect_error(ErrorKind::output, {"exists"}, [&] { file.commit(); });
  EXPECT_EQ(bytes_of(folder.path("out")), "theirs");
}

TEST(AtomicFile, FollowsLinksAndWritesDevices) {
  TestFolder folder;
  const std::string target = folder.write("target", "old");
  std::filesystem::create_symlink(target, folder.path("link"));
  write_file(folder.path("link"), "new", true);
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
  EXPECT_EQ(bytes_of(target), "new");
  write_file("/dev/null", "gone", false);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AtomicFile, NamesTheTrouble) {
  TestFolder folder;
  expect_error(ErrorKind::output, {"no/where", "create the folder"},
               [&] { AtomicFile(folder.path("no/where"), false); });
  expect_error(ErrorKind::output, {"folder"}, [&] { AtomicFile(folder.path(""), true); });
  expect_error(ErrorKind::output, {"empty"}, [&] { AtomicFile("", true); });
}

TEST(AtomicFile, DiskFullIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  expect_error(ErrorKind::output, {"/dev/full", "space"}, [&] { write_file("/dev/full", "text", false); });
}

TEST(AtomicFile, FileSizeLimitIsAnErrorAndLeavesTheOldFile) {
  TestFolder folder;
  const std::string path = folder.write("out", "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  expect_error(ErrorKind::output, {path, "failed", "space"},
               [&] { write_file(path, std::string(1 << 21, 'x'), true); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(bytes_of(path), "old");
  EXPECT_EQ(folder.n_files(), 1u);
}

TEST(UnfinishedFiles, AreRemovedByAHandler) {
  TestFolder folder;
  const std::string done = folder.path("done"), replaced = folder.write("replaced", "old");
  // a program that ends without destructors, as a signal ends one
  const auto ends_at_once = [&] {
    write_file(done, "done", false);
    AtomicFile first(folder.path("first"), false), second(replaced, true);
    const AtomicFile moved(std::move(first));
    second.write(std::string(1000000, 'x'));
    if (folder.n_files() != 4) ::_exit(1);
    remove_unfinished_files();
    ::_exit(0);
  };
  EXPECT_EXIT(ends_at_once(), ::testing::ExitedWithCode(0), "");
  EXPECT_EQ(bytes_of(done), "done");
  EXPECT_EQ(bytes_of(replaced), "old");
  EXPECT_EQ(folder.n_files(), 2u);
}

TEST(UnfinishedFiles, PlacesAreGivenBackAndMayRunOut) {
  TestFolder folder;
  for (int i = 0; i < 100; ++i) write_file(folder.path("out"), "text", true);
  std::vector<int> places;
  for (int i = 0; i < 100; ++i) {
    const int place = note_unfinished(folder.path("none"));
    if (place >= 0) places.push_back(place);
  }
  EXPECT_GE(places.size(), 2u) << "a hundred files written one by one took the places for good";
  EXPECT_LT(places.size(), 100u);
  write_file(folder.path("out"), "unnoted", true);
  EXPECT_EQ(bytes_of(folder.path("out")), "unnoted");
  for (const int place : places) forget_unfinished(place);
  forget_unfinished(-1);
  EXPECT_EQ(note_unfinished(std::string(100000, 'x')), -1);
}

}  // namespace
}  // namespace regrain::io
