// The command line of a benchmark program: --device and --warm-cache, then Google Benchmark's own options.
#pragma once

#include <string>

#include "bench/support/target.hpp"

namespace regrain::bench {

// Takes the program's own options out of argv; throws Error(usage) for a value that can't be used.
Target take_target(int& argc, char** argv);

// Runs the benchmarks that `add` registers for the target; gives the exit status. Where --benchmark_out names
// a folder, the results are FOLDER/PROGRAM.DEVICE.json.
int run_program(int argc, char** argv, const std::string& program, void (*add)(const Target&));

// "NVIDIA H100 80GB HBM3" -> "NVIDIA-H100-80GB-HBM3": a device in the name of a file
std::string file_name_of(const std::string& device);

}  // namespace regrain::bench
