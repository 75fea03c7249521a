// Whole jobs on the CPU: a training step and a draw of the prior, at the sizes of BENCHMARKS.md.
//
// The batch is built before the clock starts, as it is for the published codes; building it has a
// benchmark of its own. Argument: number of threads; of growth, number of residues.
#include <ctime>

#include "bench/jobs/jobs.hpp"
#include "bench/support/allatom_case.hpp"
#include "bench/support/cases.hpp"
#include "bench/support/counters.hpp"
#include "bench/support/memory.hpp"

namespace regrain::bench {

namespace {

constexpr double kMiB = 1024 * 1024;

// `make` builds the job
template <class Make>
void train_step(benchmark::State& state, Make make) {
  const std::size_t before = resident_bytes();
  start_peak();
  const auto job = make(static_cast<int>(state.range(0)));
  job->train_step();
  const int allocations =
      job->context.arena().n_system_allocations() + job->context.scratch().n_system_allocations();
  job->train_step();  // a step may use memory the first one only asked for
  for (auto _ : state) benchmark::DoNotOptimize(job->train_step());
  state.counters["MiB_above_start"] = static_cast<double>(peak_resident_bytes() - before) / kMiB;
  state.counters["MiB_arena"] = static_cast<double>(job->context.arena().high_water_bytes() +
                                                    job->context.scratch().high_water_bytes()) /
                                kMiB;
  // value, gradient and two moments
  state.counters["MiB_weights"] =
      4.0 * sizeof(float) * static_cast<double>(job->parameters().n_elements()) / kMiB;
  state.counters["allocations"] = job->context.arena().n_system_allocations() +
                                  job->context.scratch().n_system_allocations() - allocations;
  set_flops(state, job->step_flops(), job->context.n_threads());
}

template <class Make>
void sample(benchmark::State& state, Make make) {
  const auto job = make(static_cast<int>(state.range(0)));
  job->sample();
  for (auto _ : state) benchmark::DoNotOptimize(job->sample().data());
  set_flops(state, job->sample_flops(), job->context.n_threads());
}

template <class Make>
void batch(benchmark::State& state, Make make) {
  const auto job = make(static_cast<int>(state.range(0)));
  for (auto _ : state) job->make_batch();
}

// `MiB_frame`: of one frame that is kept
template <class Make>
void joined_batch(benchmark::State& state, Make make) {
  const auto job = make(static_cast<int>(state.range(0)));
  job->prepare_frames();
  for (auto _ : state) job->join_frames();
  state.counters["MiB_frame"] = job->frame_bytes() / kMiB;
}

auto stage1(Stage1Size (*size)(int), int n_frames) {
  return [=](int n_threads) { return std::make_unique<Stage1Job>(size(n_frames), n_threads); };
}
auto stage2(int n_residues, int n_frames) {
  return [=](int n_threads) { return std::make_unique<Stage2Job>(n_residues, n_frames, n_threads); };
}
auto allatom(int n_residues, int n_frames, int members = 3) {
  return [=](int n_threads) { return std::make_unique<AllAtomJob>(n_residues, n_frames, members, n_threads); };
}

// How time and memory grow with a chain: graph of the trace and a draw of the prior, one frame.
void growth(benchmark::State& state) {
  const int n_residues = static_cast<int>(state.range(0));
  const std::size_t before = resident_bytes();
  start_peak();
  Stage2Job job(n_residues, 1, 1, models::TraceUse::sampling);
  const std::clock_t begin = std::clock();
  for (auto _ : state) {
    job.make_batch();
    benchmark::DoNotOptimize(job.sample().data());
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const double per_draw = seconds / static_cast<double>(state.iterations());
  state.counters["s_per_residue"] = per_draw / n_residues;
  state.counters["s_per_edge"] = per_draw / job.trace.graph.graph.n_edges();
  state.counters["edges_per_residue"] = static_cast<double>(job.trace.graph.graph.n_edges()) / n_residues;
  state.counters["MiB_above_start"] = static_cast<double>(peak_resident_bytes() - before) / kMiB;
}

}  // namespace

void add_models_on_cpu() {
  using benchmark::State;
  add_benchmark("stage1_step/paper", [](State& s) { train_step(s, stage1(paper_size, 2)); });
  add_benchmark("stage1_step/lean", [](State& s) { train_step(s, stage1(lean_size, 2)); });
  add_benchmark("stage1_sample/paper", [](State& s) { sample(s, stage1(paper_size, 1)); });
  add_benchmark("stage1_sample/50_beads", [](State& s) { sample(s, stage1(fine_bead_size, 1)); });
  add_benchmark("stage1_sample/50_beads_64_samples", [](State& s) { sample(s, stage1(fine_bead_size, 64)); });
  add_benchmark("stage1_batch/paper", [](State& s) { batch(s, stage1(paper_size, 2)); });
  add_benchmark("stage2_step/85_residues_4_frames", [](State& s) { train_step(s, stage2(85, 4)); });
  add_benchmark("stage2_sample/85_residues_4_frames", [](State& s) { sample(s, stage2(85, 4)); });
  add_benchmark("stage2_batch/85_residues_4_frames", [](State& s) { batch(s, stage2(85, 4)); });
  add_benchmark("allatom_step/200_residues_6_frames", [](State& s) { train_step(s, allatom(200, 6)); });
  add_benchmark("allatom_sample/640_residues", [](State& s) { sample(s, allatom(640, 1)); });
  add_benchmark("allatom_sample/640_residues_1_member", [](State& s) { sample(s, allatom(640, 1, 1)); });
  add_benchmark("stage1_joined_batch/paper", [](State& s) { joined_batch(s, stage1(paper_size, 2)); });
  add_benchmark("stage2_joined_batch/85_residues_4_frames", [](State& s) { joined_batch(s, stage2(85, 4)); });
  benchmark::RegisterBenchmark("stage2_sample/growth", growth)
      ->RangeMultiplier(10)
      ->Range(1000, 1000000)
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace regrain::bench
