// How many frames a training step has room for on a device, found out with one of them.
#pragma once

#include <cstddef>

#include "driver/stage.hpp"
#include "engine/device_choice.hpp"

namespace regrain::driver {

// Takes a step with `frame` of `protein` alone, forward and backward, and divides the memory that is free by what it took; 0 if there
// is no room for one. The stage's parameters lie on the device and get the frame's gradient. For devices alone.
std::size_t frames_that_fit(const Stage& stage, const StageSetup& protein, const io::Frame& frame, const TrainingMoment& moment, const DeviceChoice& device);

}  // namespace regrain::driver
