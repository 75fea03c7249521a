// Prints checksums of what both models make of the golden cases in float: three steps of Adam, then a sample. Linked with
// kernels of different vectors, it has to print the same.
#include <cstdio>

#include "autodiff/adam.hpp"
#include "tests/support/cgvae_case.hpp"
#include "tests/support/genzprot_case.hpp"

namespace regrain::test {
namespace {

void print(const std::string& name, const char* what, const float* x, std::size_t n) {
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (std::size_t i = 0; i < n; ++i) hash = (hash ^ std::bit_cast<std::uint32_t>(x[i])) * 0x100000001b3ull;
  std::printf("%s %s %016llx\n", std::filesystem::path(name).filename().c_str(), what, static_cast<unsigned long long>(hash));
}

template <class Model, class Loss, class Sample>
void print_bits(const std::string& name, Context& context, Model& model, Loss loss, Sample sample) {
  Adam<float> adam(model.parameters(), AdamSettings{.clip_norm = 1});
  for (int step = 0; step < 3; ++step) {
    model.parameters().zero_grads(context);
    Tape<float> tape(context);
    tape.backward(loss(tape));
    adam.step(context, model.parameters(), 1e-4);
  }
  for (const Parameter<float>& p : model.parameters().all()) print(name, p.name.c_str(), p.value, p.shape.size());
  Tape<float> tape(context, TapeMode::infer);
  const auto xyz = sample(tape).value();
  print(name, "sample", xyz.data(), xyz.size());
}

}  // namespace
}  // namespace regrain::test

int main() {
  using namespace regrain::test;
  using Tape = regrain::Tape<float>;
  for (const std::string& stem : golden_cases(golden_dir(), ".f64.safetensors")) {
    CgvaeCase<float> c(stem);
    print_bits(
        stem, c.context, *c.model,
        [&](Tape& tape) { return c.model->loss(tape, c.beads, c.atoms, c.eps[0].ref(), c.weights, true).total; },
        [&](Tape& tape) { return c.model->sample(tape, c.beads, c.eps[0].ref(), true); });
  }
  for (const std::string& stem : golden_cases(golden_dir(), "_inputs.safetensors")) {
    GenzprotCase<float> c(stem);
    print_bits(
        stem, c.context, *c.model,
        [&](Tape& tape) { return c.model->loss(tape, c.trace, c.atoms, c.eps.ref(), c.weights).total; },
        [&](Tape& tape) { return c.model->sample(tape, c.trace, c.eps.ref()); });
  }
}
