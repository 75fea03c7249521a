// What the jobs of the benchmarks compute and keep, held against recorded figures: an operation or an array more shows
// here, where no clock is needed. Times are for bench/, never for a test.
#include <gtest/gtest.h>

#include "bench/support/cases.hpp"
#include "bench/support/memory.hpp"

namespace regrain::bench {
namespace {

constexpr double kMiB = 1024 * 1024;

struct Recorded {
  double step_gflop, sample_gflop;  // counted, job_flops.cpp
  double arena_mib;                 // high water of both arenas, one thread
};

// A case is a process of its own in ctest, so its resident memory is the job's.
void expect_work(Job& job, std::size_t resident_before, const Recorded& recorded) {
  const Arena &arena = job.context.arena(), &scratch = job.context.scratch();
  const auto in_arenas = [&] { return static_cast<double>(arena.high_water_bytes() + scratch.high_water_bytes()); };
  const auto requests = [&] { return arena.n_system_allocations() + scratch.n_system_allocations(); };
  const double kept = static_cast<double>(resident_bytes() - resident_before);  // batch, graphs, weights
  job.train_step();
  start_peak();
  job.train_step();
  const int n_requests = requests();
  for (int step = 0; step < 3; ++step) job.train_step();
  EXPECT_EQ(requests(), n_requests) << "a later step asked the system for memory";

  EXPECT_NEAR(job.step_flops() / 1e9, recorded.step_gflop, 1e-3 * recorded.step_gflop);
  EXPECT_NEAR(job.sample_flops() / 1e9, recorded.sample_gflop, 1e-3 * recorded.sample_gflop);
  EXPECT_NEAR(in_arenas() / kMiB, recorded.arena_mib, 0.02 * recorded.arena_mib);

  // the arenas' own account on top of what the batch and the weights take, against what the system says
  const double peak = static_cast<double>(peak_resident_bytes() - resident_before);
  EXPECT_NEAR(kept + in_arenas(), peak, 0.2 * peak);
}

TEST(Work, Stage1Paper) {
  const std::size_t before = resident_bytes();
  Stage1Job job(paper_size(2), 1);
  expect_work(job, before, {11.3528, 1.8858, 91.3});
}
TEST(Work, Stage1Lean) {
  const std::size_t before = resident_bytes();
  Stage1Job job(lean_size(2), 1);
  expect_work(job, before, {0.7430, 0.1189, 18.1});
}
TEST(Work, Stage2) {
  const std::size_t before = resident_bytes();
  Stage2Job job(85, 4, 1);
  expect_work(job, before, {17.8130, 0.5290, 61.0});
}

}  // namespace
}  // namespace regrain::bench
