#include "engine/context.hpp"

#include <omp.h>

#include "engine/errors.hpp"

namespace regrain {

Context::Context(int n_threads) : n_threads_(n_threads == 0 ? omp_get_max_threads() : n_threads) {
  if (n_threads < 0 || n_threads > 4096)
    fail(ErrorKind::usage, "threads: ", n_threads, " is not between 1 and 4096; give 0 for all cores");
}

}  // namespace regrain
