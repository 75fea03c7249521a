// The jobs of bench_jobs, registered once it is known where they run.
#pragma once

#include "bench/support/target.hpp"

namespace regrain::bench {

void add_message_block(const Target& target);
void add_models_on_cpu();
void add_models_on_device(const Target& target);

}  // namespace regrain::bench
