// Whole training steps on a device or the emulation, from the batch to the updated weights: the published
// codes' numbers in double, as the CPU has them.
#include <gtest/gtest.h>

#include "models/allatom/model.hpp"
#include "tests/simt/models/golden_steps.hpp"
#include "tests/simt/needs_device.hpp"
#include "tests/support/made_up_protein.hpp"

namespace regrain::test {
namespace {

double largest(const Tensor<double>& x) {
  double m = 0;
  for (double v : x) m = std::max(m, std::abs(v));
  return m;
}

void expect_same(const Step<double>& on_device, const Step<double>& on_cpu, double tolerance) {
  EXPECT_NEAR(on_device.loss, on_cpu.loss, tolerance * std::abs(on_cpu.loss));
  EXPECT_NEAR(on_device.norm, on_cpu.norm, tolerance * on_cpu.norm);
  for (std::size_t i = 0; i < on_cpu.xyz.size(); ++i)
    ASSERT_NEAR(on_device.xyz[i], on_cpu.xyz[i], tolerance * 100) << i;
  const double size = largest(on_cpu.grads);
  for (std::size_t i = 0; i < on_cpu.grads.size(); ++i)
    ASSERT_NEAR(on_device.grads[i], on_cpu.grads[i], tolerance * size) << i;
  // the first step of Adam is the learning rate times g / (|g| + eps): rounding of g shows where g is small
  for (std::size_t i = 0; i < on_cpu.values.size(); ++i) {
    const double g = std::abs(on_cpu.grads[i]) * std::min(1.0, 1 / on_cpu.norm), rounding = tolerance * size;
    ASSERT_NEAR(on_device.values[i], on_cpu.values[i],
                1e-12 + kLearningRate * std::min(1.0, rounding / (g + 1e-8)))
        << i;
  }
}

TEST(TrainingStepOnADevice, Cgvae) {
  REGRAIN_NEEDS_DEVICE();
  for (const std::string& golden : {kCgvaeGolden, kThreeBeadsGolden}) {
    SCOPED_TRACE(golden);
    const CgvaeCase<double> c(golden);
    Context cpu(1), device(Device::cuda, 1);
    const Step<double> on_cpu = train_step(c, cpu), on_device = train_step(c, device);
    const double published = c.truth.scalar("loss.total");
    EXPECT_NEAR(on_device.loss, published, 1e-10 * std::abs(published));
    expect_same(on_device, on_cpu, 1e-10);
  }
}

TEST(TrainingStepOnADevice, Genzprot) {
  REGRAIN_NEEDS_DEVICE();
  GenzprotCase<double> c(kGenzprotGolden);
  Context cpu(1), device(Device::cuda, 1);
  expect_same(train_step(c, device), train_step(c, cpu), 1e-10);
}

// regrain's own stage has no published numbers: those of the CPU, whose gradients tests/models checks.
TEST(TrainingStepOnADevice, AllAtom) {
  REGRAIN_NEEDS_DEVICE();
  const MadeUpData data(small_allatom_config(4, 2));
  const Tensor<double> eps = random({2, data.trace.n_residues(), 4}, 9);
  const auto step = [&](Context& context) {
    models::allatom::Model<double> model(small_allatom_config(4, 2));
    model.initialize(5);
    const auto trace = to_backend(context, data.trace);
    const auto truth = to_backend(context, data.truth);
    const Tensor<double> noise = to_backend(context, eps);
    return train_step<double>(context, model, [&](Tape<double>& tape) { return model.loss(tape, trace, truth, noise.ref(), {}); });
  };
  Context cpu(1), device(Device::cuda, 1);
  expect_same(step(device), step(cpu), 1e-9);
}

}  // namespace
}  // namespace regrain::test
