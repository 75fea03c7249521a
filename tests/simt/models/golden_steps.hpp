// One training step of each model on a golden case, from the batch to the updated weights, on any context.
#pragma once

#include "autodiff/adam.hpp"
#include "tests/support/cgvae_case.hpp"
#include "tests/support/genzprot_case.hpp"

namespace regrain::test {

constexpr double kLearningRate = 1e-3;

inline const std::string kGolden = std::string(REGRAIN_SOURCE_DIR) + "/tests/golden/";
inline const std::string kCgvaeGolden = kGolden + "cgvae/caseA_ca60_b2",
                         kThreeBeadsGolden = kGolden + "cgvae/caseB_allatom_3beads_breaksym",
                         kGenzprotGolden = kGolden + "genzprot/F_trpcage_init";

// What a step leaves behind, on the host.
template <class T>
struct Step {
  double loss = 0, norm = 0;
  std::vector<T> xyz;
  Tensor<T> grads, values;
};

template <class T, class Model, class Loss>
Step<T> train_step(Context& context, Model& model, Loss loss) {
  ParameterSet<T>& parameters = model.parameters();
  Adam<T> adam(parameters, AdamSettings{.clip_norm = 1});
  parameters.move_to(context);
  adam.move_to(context);
  parameters.zero_grads(context);
  Tape<T> tape(context);
  const auto out = loss(tape);
  tape.backward(out.total);
  Step<T> step;
  step.loss = static_cast<double>(out.total.item());
  if constexpr (requires { out.xyz_A3; }) {
    step.xyz.resize(out.xyz_A3.size());
    context.read(step.xyz.data(), out.xyz_A3.value().data(), step.xyz.size() * sizeof(T));
  }
  step.grads = parameters.grads_on_host(context);
  step.norm = adam.step(context, parameters, kLearningRate);
  step.values = parameters.values_on_host(context);
  return step;
}

template <class T>
Step<T> train_step(const CgvaeCase<T>& c, Context& context) {
  models::Cgvae<T> model(c.config, c.system.n_beads);
  set_formula_weights(model.parameters(), c.settings.value("wscale", 1.0));
  const auto beads = to_backend(context, c.beads);
  const auto atoms = to_backend(context, c.atoms);
  const Tensor<T> eps = to_backend(context, c.eps[0]);
  return train_step<T>(context, model, [&](Tape<T>& tape) {
    return model.loss(tape, beads, atoms, eps.ref(), c.weights, true);
  });
}

template <class T>
Step<T> train_step(GenzprotCase<T>& c, Context& context) {
  models::Genzprot<T> model(c.config);
  const Tensor<T> weights = c.model->parameters().values_on_host(c.context);
  std::copy(weights.begin(), weights.end(), model.parameters().values().begin());
  const auto trace = to_backend(context, c.trace);
  const auto atoms = to_backend(context, c.atoms);
  const Tensor<T> eps = to_backend(context, c.eps);
  return train_step<T>(context, model,
                       [&](Tape<T>& tape) { return model.loss(tape, trace, atoms, eps.ref(), c.weights); });
}

}  // namespace regrain::test
