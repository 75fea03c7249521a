// What every kernel must move and compute, held against a device's data sheet: floors, not measurements.
#pragma once

namespace regrain::bench {

// Prints the table of BENCHMARKS.md, as Markdown; gives the exit status.
int print_kernel_model();

}  // namespace regrain::bench
