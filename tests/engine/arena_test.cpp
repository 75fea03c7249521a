#include "engine/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "engine/context.hpp"
#include "engine/errors.hpp"

namespace regrain {
namespace {

TEST(Arena, AlignsAndCounts) {
  Arena arena;
  for (std::size_t bytes : {0, 1, 63, 64, 65, 5000}) {
    const auto address = reinterpret_cast<std::uintptr_t>(arena.allocate(bytes));
    EXPECT_EQ(address % Arena::kAlignment, 0u);
  }
  EXPECT_EQ(arena.bytes_in_use(), 64u + 64 + 64 + 64 + 128 + 5056);
  arena.reset();
  EXPECT_EQ(arena.bytes_in_use(), 0u);
  EXPECT_EQ(arena.high_water_bytes(), 64u + 64 + 64 + 64 + 128 + 5056);
}

TEST(Arena, BecomesOneBlockAfterAGrowingStep) {
  Arena arena;
  for (int i = 0; i < 40; ++i) arena.allocate(std::size_t{1} << 18);
  EXPECT_GT(arena.n_system_allocations(), 1);
  arena.reset();
  const int before = arena.n_system_allocations();
  auto* first = static_cast<char*>(arena.allocate(std::size_t{1} << 18));
  for (int i = 1; i < 40; ++i) EXPECT_EQ(static_cast<char*>(arena.allocate(1 << 18)), first + i * (1 << 18));
  arena.reset();
  EXPECT_EQ(arena.n_system_allocations(), before);
  EXPECT_EQ(arena.allocate(1), first);
}

TEST(Arena, CountsWhatHasGoneBackToTheSystem) {
  Arena arena;
  EXPECT_EQ(arena.generation(), 0);
  for (int i = 0; i < 40; ++i) arena.allocate(std::size_t{1} << 18);
  EXPECT_EQ(arena.generation(), 0);  // blocks were added, none has gone
  arena.reset();
  EXPECT_EQ(arena.generation(), 1);  // one block instead
  arena.allocate(1);
  arena.reset();
  EXPECT_EQ(arena.generation(), 1);
  arena.release();
  EXPECT_EQ(arena.generation(), 2);
  EXPECT_EQ(arena.bytes_in_use(), 0u);
  arena.release();  // nothing left
  EXPECT_EQ(arena.generation(), 2);
  EXPECT_NE(arena.allocate(1), nullptr);
}

TEST(Arena, ScopeGivesBackWhatItTook) {
  Arena arena;
  void* kept = arena.allocate(100);
  void* inside;
  {
    const Arena::Scope scope(arena);
    inside = arena.allocate(1000);
    arena.allocate(std::size_t{10} << 20);  // into another block
  }
  EXPECT_EQ(arena.bytes_in_use(), 128u);
  EXPECT_EQ(arena.allocate(1000), inside);
  EXPECT_NE(kept, inside);
}

TEST(Arena, AScopeOnAnEmptyArenaStartsItAnew) {
  Arena arena;
  void* first;
  {
    const Arena::Scope scope(arena);
    first = arena.allocate(10);
  }
  EXPECT_EQ(arena.allocate(10), first);
}

TEST(Arena, TooMuchIsAnErrorThatSaysSo) {
  Arena arena;
  try {
    arena.allocate(std::size_t{1} << 60);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::device);
    EXPECT_NE(std::string(e.what()).find("smaller batch"), std::string::npos);
  }
  EXPECT_NE(arena.allocate(100), nullptr);
}

TEST(Context, RefusesNonsenseThreads) {
  EXPECT_THROW(Context(-1), Error);
  EXPECT_EQ(Context(3).n_threads(), 3);
}

#ifndef REGRAIN_HAS_CUDA
TEST(Context, ABuildForTheCpuSaysHowToGetCuda) {
  try {
    Context(Device::cuda);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::device);
    EXPECT_NE(std::string(e.what()).find("-DREGRAIN_CUDA=ON"), std::string::npos);
  }
}
#endif

}  // namespace
}  // namespace regrain
