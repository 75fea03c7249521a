#include "driver/frames_that_fit.hpp"

#include <algorithm>

namespace regrain::driver {

std::size_t frames_that_fit(const Stage& stage, const StageSetup& protein, const io::Frame& frame, const TrainingMoment& moment, const DeviceChoice& device) {
  try {
    Context context(device.device, 0, device.index);
    context.use_tensor_cores(device.tensor_cores);
    const std::size_t free = context.free_bytes();
    const auto prepared = stage.prepare(context, protein, frame);
    const auto batch = stage.make_batch(context, {prepared.get()}, {DrawKey{}})->to_device(context, nullptr);
    Tape<float> tape(context);
    tape.backward(stage.loss(tape, *batch, moment).total);
    context.wait();
    // two batches are held at a time
    const std::size_t taken = context.values().high_water_bytes() + context.scratch().high_water_bytes() + 2 * prepared->bytes();
    return std::max<std::size_t>(1, free / taken);
  } catch (const OutOfMemory&) {
    return 0;
  }
}

}  // namespace regrain::driver
