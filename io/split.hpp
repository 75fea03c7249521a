// Which frames train, validate and test: 80-10-10. Validation and test get a tenth each, rounded, and
// at least one frame each once there are three.
//
// The same seed gives the same split on every machine and with every compiler, so neither std::shuffle
// nor the standard distributions are used.
#pragma once

#include <cstdint>
#include <vector>

namespace regrain::io {

struct Split {
  std::vector<int> train, validation, test;  // each ascending
};

// Frames drawn at random.
Split random_split(int n_frames, uint64_t seed);
// The first 80 % in time train, the next 10 % validate, the rest test.
Split contiguous_split(int n_frames);

}  // namespace regrain::io
