// Whole jobs on a device: the sizes of BENCHMARKS.md, batches of 64 frames, and draws of more and more frames
// until its memory is full. Batches are made and taken over before the clock starts.
//
// Every job is made once, whatever number of times Google Benchmark asks for it.
#include <exception>
#include <memory>
#include <string>

#include "bench/jobs/jobs.hpp"
#include "bench/support/allatom_case.hpp"
#include "bench/support/cases.hpp"
#include "bench/support/device_bench.hpp"

namespace regrain::bench {

namespace {

constexpr double kMiB = 1024 * 1024;

// The job of the benchmark that runs, and what was free before it was made.
struct Kept {
  std::string name;
  std::unique_ptr<Job> job;
  std::size_t free_before = 0;
};

// makes the job unless it is there; throws where memory is short
template <class Make>
Kept& kept(const std::string& name, const Target& target, Make make) {
  static Kept& the = *new Kept;  // as long as the program, see device_context
  if (the.name == name && the.job) return the;
  the.job.reset();
  the.name = name;
  the.free_before = target.free_memory();
  the.job = make();
  return the;
}

// MiB_device: what the job took of the device, cuBLAS included. The arenas' high water is a part of it.
void set_memory(benchmark::State& state, const Target& target, Kept& k) {
  Context& context = k.job->context;
  state.counters["MiB_arena"] =
      static_cast<double>(context.values().high_water_bytes() + context.scratch().high_water_bytes()) / kMiB;
  // value, gradient and two moments
  state.counters["MiB_weights"] =
      4.0 * sizeof(float) * static_cast<double>(k.job->parameters().n_elements()) / kMiB;
  state.counters["MiB_device"] =
      (static_cast<double>(k.free_before) - static_cast<double>(target.free_memory())) / kMiB;
}

// A job that has no room ends its own benchmark and no other.
template <class F>
void or_say_why_not(benchmark::State& state, F f) {
  try {
    f();
  } catch (const std::bad_alloc&) {
    state.SkipWithError("not enough memory on the device");
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

template <class Make>
void add_step(const std::string& name, const Target& target, Make make) {
  add_device_benchmark(name, [=](benchmark::State& state) {
    or_say_why_not(state, [&] {
      Kept& k = kept(name, target, make);
      time_on_device(state, target, k.job->context, [&] { k.job->train_step(); });
      set_device_flops(state, k.job->step_flops());
      set_memory(state, target, k);
    });
  });
}

// `n_units` residues or samples are made by a draw
template <class Make>
void add_sample(const std::string& name, const Target& target, const char* unit, double n_units, Make make) {
  add_device_benchmark(name, [=](benchmark::State& state) {
    or_say_why_not(state, [&] {
      Kept& k = kept(name, target, make);
      time_on_device(state, target, k.job->context, [&] { k.job->sample(); });
      set_device_flops(state, k.job->sample_flops());
      state.counters[unit] = a_second(n_units);
      set_memory(state, target, k);
    });
  });
}

using models::TraceUse;

auto stage1(Stage1Size (*size)(int), int n_frames, TraceUse use = TraceUse::training) {
  return [=] { return std::make_unique<Stage1Job>(size(n_frames), 1, use, Device::cuda); };
}
auto stage2(int n_residues, int n_frames, TraceUse use = TraceUse::training) {
  return [=] { return std::make_unique<Stage2Job>(n_residues, n_frames, 1, use, Device::cuda); };
}
auto allatom(int n_residues, int n_frames, int members = 3) {
  return [=] { return std::make_unique<AllAtomJob>(n_residues, n_frames, members, 1, Device::cuda); };
}

// one frame of a small protein, whose kernels are shorter than their launches
constexpr int kSmall = 46;
constexpr int kResidues = 85;

}  // namespace

void add_models_on_device(const Target& target) {
  for (const int n : {2, 16, 64}) {
    const std::string frames = n == 2 ? "" : concat("_", n, "_frames");
    add_step("stage1_step/paper" + frames, target, stage1(paper_size, n));
    add_step("stage1_step/lean" + frames, target, stage1(lean_size, n));
  }
  add_step("stage2_step/46_residues_1_frames", target, stage2(kSmall, 1));
  for (const int n : {4, 64})
    add_step(concat("stage2_step/85_residues_", n, "_frames"), target, stage2(kResidues, n));
  for (const int n : {6, 64}) add_step(concat("allatom_step/200_residues_", n, "_frames"), target, allatom(200, n));
  for (const int n : {1, 16, 128})
    for (const int members : {1, 3})
      add_sample(concat("allatom_sample/640_residues_", n, "_frames_", members, "_members"), target, "residues", 640.0 * n, allatom(640, n, members));
  add_sample("stage1_sample/paper", target, "samples", 1, stage1(paper_size, 1, TraceUse::sampling));
  add_sample("stage1_sample/50_beads", target, "samples", 1, stage1(fine_bead_size, 1, TraceUse::sampling));
  for (int n = 64; n <= 2048; n *= 2)
    add_sample(concat("stage1_sample/50_beads_", n, "_samples"), target, "samples", n,
               stage1(fine_bead_size, n, TraceUse::sampling));
  add_sample("stage2_sample/46_residues_1_frames", target, "residues", kSmall,
             stage2(kSmall, 1, TraceUse::sampling));
  add_sample("stage2_sample/85_residues_4_frames", target, "residues", 4.0 * kResidues,
             stage2(kResidues, 4, TraceUse::sampling));
  // an edge's embedding of more frames has more elements than an int counts
  for (int n = 64; n <= 16384; n *= 2)
    add_sample(concat("stage2_sample/85_residues_", n, "_frames"), target, "residues", double(n) * kResidues,
               stage2(kResidues, n, TraceUse::sampling));
}

}  // namespace regrain::bench
