// Peak memory of a stretch of a program, as the system sees it.
#pragma once

#include <cstddef>

namespace regrain::bench {

// Resident bytes now, and the most there were since start_peak(). Both 0 where /proc tells nothing.
std::size_t resident_bytes();
std::size_t peak_resident_bytes();
void start_peak();

}  // namespace regrain::bench
