// Tests of the label gpu are built where there may be no device.
#pragma once

#include <gtest/gtest.h>

#include "engine/device.hpp"

// Ends a function that tests something on a device, as skipped where there is none.
#define REGRAIN_NEEDS_DEVICE()                                                      \
  do {                                                                              \
    if (::regrain::device::count() == 0)                                            \
      GTEST_SKIP() << "no CUDA device here: nvidia-smi shows what the driver sees"; \
  } while (false)
