// A CPU that lacks what the program was built for gets a sentence instead of an illegal instruction.
#pragma once

namespace regrain::driver {

struct NeededInstructions {
  bool avx2 = false, fma = false, avx512f = false, avx512vl = false;  // vl: with bw and dq, as compilers have them
};

}  // namespace regrain::driver

// Defined beside main(), where the compiler knows; a constant, so that no code runs for it.
extern "C" const regrain::driver::NeededInstructions regrain_needed_instructions;
