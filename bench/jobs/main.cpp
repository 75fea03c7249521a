// bench_jobs: whole training steps and draws, on the CPU or on a device.
#include "bench/jobs/jobs.hpp"
#include "bench/support/program.hpp"

int main(int argc, char** argv) {
  return regrain::bench::run_program(argc, argv, "bench_jobs", [](const regrain::bench::Target& target) {
    regrain::bench::add_message_block(target);
    if (target.on_device())
      regrain::bench::add_models_on_device(target);
    else
      regrain::bench::add_models_on_cpu();
  });
}
