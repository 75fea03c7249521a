#include "bench/support/program.hpp"

#include <benchmark/benchmark.h>

#include <cctype>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string_view>
#include <vector>

#include "bench/support/device_limits.hpp"
#include "engine/device.hpp"
#include "engine/device_choice.hpp"
#include "engine/errors.hpp"

namespace regrain::bench {

namespace {

constexpr const char* kHelp =
    "  --device cpu|cuda[:N]   where the benchmarks run; default: cpu\n"
    "  --tensor-cores          on a device: multiply by them, as regrain's option does; results go to PROGRAM.DEVICE.tensor_cores.json\n"
    "  --warm-cache            on a device: don't flush the L2 cache in front of each iteration\n"
    "  --benchmark_out=FOLDER  results as FOLDER/PROGRAM.DEVICE.json; FOLDER must exist\n"
    "and the options of Google Benchmark:\n";

void set_device(const std::string& word, Target& target) {
  const DeviceChoice choice = choose_device(word, target.tensor_cores);
  target.device = choice.device;
  target.number = choice.index;
}

// --benchmark_out=FOLDER becomes a file in it
std::vector<std::string> with_file_in_folder(int argc, char** argv, const std::string& program,
                                             const Target& target) {
  const std::string out = "--benchmark_out=";
  std::vector<std::string> arguments(argv, argv + argc);
  for (std::string& a : arguments)
    if (a.starts_with(out) && std::filesystem::is_directory(a.substr(out.size())))
      a = out + (std::filesystem::path(a.substr(out.size())) /
                 concat(program, ".", file_name_of(target.name()), target.tensor_cores ? ".tensor_cores.json" : ".json"))
                    .string();
  return arguments;
}

void add_context(const Target& target) {
  benchmark::AddCustomContext("device", target.name());
  if (!target.on_device()) return;
#ifdef REGRAIN_HAS_CUDA
  const device::Properties p = device::properties(target.number);
  benchmark::AddCustomContext("multiprocessors", std::to_string(p.n_multiprocessors));
  benchmark::AddCustomContext("l2_bytes", std::to_string(p.l2_bytes));
  benchmark::AddCustomContext("memory_bytes", std::to_string(p.memory_bytes));
#endif
  benchmark::AddCustomContext("copy_bandwidth", concat(device_limits().copy_bandwidth));
  benchmark::AddCustomContext("fma_rate", concat(device_limits().fma_rate));
  benchmark::AddCustomContext("tensor_cores", target.tensor_cores ? "three TF32 products" : "not used");
  benchmark::AddCustomContext("cache", target.warm_cache ? "warm" : "L2 flushed in front of each iteration");
}

}  // namespace

std::string file_name_of(const std::string& device) {
  std::string name;
  for (char c : device)
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_')
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  return name;
}

Target take_target(int& argc, char** argv) {
  Target target;
  std::string device = "cpu";
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    if (a == "--tensor-cores") {
      target.tensor_cores = true;
    } else if (a == "--warm-cache") {
      target.warm_cache = true;
    } else if (a.starts_with("--device=")) {
      device = a.substr(std::strlen("--device="));
    } else if (a == "--device") {
      if (i + 1 == argc) fail(ErrorKind::usage, "--device: needs a value, cpu or cuda[:n]");
      device = argv[++i];
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  set_device(device, target);
  return target;
}

int run_program(int argc, char** argv, const std::string& program, void (*add)(const Target&)) {
  try {
    const Target target = take_target(argc, argv);
    for (int i = 1; i < argc; ++i)
      if (std::string_view(argv[i]) == "--help") std::printf("%s\n%s", program.c_str(), kHelp);
    target.use();
    std::vector<std::string> arguments = with_file_in_folder(argc, argv, program, target);
    std::vector<char*> pointers;
    for (std::string& a : arguments) pointers.push_back(a.data());
    pointers.push_back(nullptr);
    benchmark::Initialize(&argc, pointers.data());
    if (benchmark::ReportUnrecognizedArguments(argc, pointers.data()))
      return static_cast<int>(ErrorKind::usage);
    add_context(target);
    add(target);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), error.what());
    return static_cast<int>(ErrorKind::internal);
  }
}

}  // namespace regrain::bench
