// Whole training steps on the emulated device, from the batch to the updated weights: the published codes' numbers in
// double, as the CPU has them.
#include <gtest/gtest.h>

#include "autodiff/adam.hpp"
#include "tests/support/cgvae_case.hpp"
#include "tests/support/genzprot_case.hpp"

namespace regrain::test {
namespace {

constexpr double kLearningRate = 1e-3;

// What a step leaves behind, on the host.
struct Step {
  double loss = 0, norm = 0;
  std::vector<double> xyz;
  Tensor<double> grads, values;
};

template <class Model, class Loss>
Step train_step(Context& context, Model& model, Loss loss) {
  ParameterSet<double>& parameters = model.parameters();
  Adam<double> adam(parameters, AdamSettings{.clip_norm = 1});
  parameters.move_to(context);
  adam.move_to(context);
  parameters.zero_grads(context);
  Tape<double> tape(context);
  const auto out = loss(tape);
  tape.backward(out.total);
  Step step;
  step.loss = out.total.item();
  step.xyz.resize(out.xyz_A3.size());
  context.read(step.xyz.data(), out.xyz_A3.value().data(), step.xyz.size() * sizeof(double));
  step.grads = parameters.grads_on_host(context);
  step.norm = adam.step(context, parameters, kLearningRate);
  step.values = parameters.values_on_host(context);
  return step;
}

double largest(const Tensor<double>& x) {
  double m = 0;
  for (double v : x) m = std::max(m, std::abs(v));
  return m;
}

void expect_same(const Step& on_device, const Step& on_cpu, double tolerance) {
  EXPECT_NEAR(on_device.loss, on_cpu.loss, tolerance * std::abs(on_cpu.loss));
  EXPECT_NEAR(on_device.norm, on_cpu.norm, tolerance * on_cpu.norm);
  for (std::size_t i = 0; i < on_cpu.xyz.size(); ++i) ASSERT_NEAR(on_device.xyz[i], on_cpu.xyz[i], tolerance * 100) << i;
  const double size = largest(on_cpu.grads);
  for (std::size_t i = 0; i < on_cpu.grads.size(); ++i)
    ASSERT_NEAR(on_device.grads[i], on_cpu.grads[i], tolerance * size) << i;
  // the first step of Adam is the learning rate times g / (|g| + eps): rounding of g shows where g is small
  for (std::size_t i = 0; i < on_cpu.values.size(); ++i) {
    const double g = std::abs(on_cpu.grads[i]) * std::min(1.0, 1 / on_cpu.norm), rounding = tolerance * size;
    ASSERT_NEAR(on_device.values[i], on_cpu.values[i], 1e-12 + kLearningRate * std::min(1.0, rounding / (g + 1e-8))) << i;
  }
}

const std::string kGolden = std::string(REGRAIN_SOURCE_DIR) + "/tests/golden/";

TEST(TrainingStepOnADevice, Cgvae) {
  CgvaeCase<double> c(kGolden + "cgvae/caseA_ca60_b2");
  const auto step_on = [&](Context& context) {
    models::Cgvae<double> model(c.config, c.system.n_beads);
    set_formula_weights(model.parameters(), c.settings.value("wscale", 1.0));
    const auto beads = to_backend(context, c.beads);
    const auto atoms = to_backend(context, c.atoms);
    const Tensor<double> eps = to_backend(context, c.eps[0]);
    return train_step(context, model, [&](Tape<double>& tape) {
      return model.loss(tape, beads, atoms, eps.ref(), c.weights, true);
    });
  };
  Context cpu(1), device(Device::cuda, 1);
  const Step on_cpu = step_on(cpu), on_device = step_on(device);
  const double published = c.truth.scalar("loss.total");
  EXPECT_NEAR(on_device.loss, published, 1e-10 * std::abs(published));
  expect_same(on_device, on_cpu, 1e-10);
}

TEST(TrainingStepOnADevice, Genzprot) {
  GenzprotCase<double> c(kGolden + "genzprot/F_trpcage_init");
  const auto step_on = [&](Context& context) {
    models::Genzprot<double> model(c.config);
    const Tensor<double> weights = c.model->parameters().values_on_host(c.context);
    std::copy(weights.begin(), weights.end(), model.parameters().values().begin());
    const auto trace = to_backend(context, c.trace);
    const auto atoms = to_backend(context, c.atoms);
    const Tensor<double> eps = to_backend(context, c.eps);
    return train_step(context, model, [&](Tape<double>& tape) { return model.loss(tape, trace, atoms, eps.ref(), c.weights); });
  };
  Context cpu(1), device(Device::cuda, 1);
  expect_same(step_on(device), step_on(cpu), 1e-10);
}

}  // namespace
}  // namespace regrain::test
