// What jobs are made of, whichever model they train.
#pragma once

#include <cmath>
#include <vector>

#include "autodiff/adam.hpp"
#include "bench/support/random_arrays.hpp"
#include "engine/context.hpp"

namespace regrain::bench {

// Frames of coordinates one behind another: the first, and copies of it with 0.3 Angstrom of noise.
inline std::vector<float> with_noise(const std::vector<float>& first, int n_frames, std::uint16_t op) {
  std::vector<float> xyz = first;
  for (int f = 1; f < n_frames; ++f) {
    const Tensor<float> noise = normal({static_cast<int>(first.size())}, static_cast<std::uint16_t>(op + f));
    for (std::size_t i = 0; i < first.size(); ++i) xyz.push_back(first[i] + 0.3f * noise[i]);
  }
  return xyz;
}

// Copies of a small protein on a cube, close enough that atoms have the neighbours of a folded protein.
class Lattice {
 public:
  explicit Lattice(double n_copies) : side_(static_cast<int>(std::ceil(std::cbrt(n_copies)))) {}
  // of a copy along axis k, Angstrom
  float shift(int copy, int k) const {
    const int place[3] = {copy % side_, copy / side_ % side_, copy / side_ / side_};
    return 15.5f * static_cast<float>(place[k]);
  }

 private:
  int side_;
};

// weights and optimiser to where the steps run
template <class Model>
void move_to_device(Context& context, Model& model, Adam<float>& adam) {
  if (context.device() == Device::cpu) return;
  model.parameters().move_to(context);
  adam.move_to(context);
}

// Forward, backward, clipping and Adam; loss(tape) has the `total`. Gives its value.
template <class Model, class Loss>
double take_step(Context& context, Model& model, Adam<float>& adam, Loss loss) {
  model.parameters().zero_grads(context);
  Tape<float> tape(context);
  const auto total = loss(tape).total;
  tape.backward(total);
  const double value = static_cast<double>(total.item());
  adam.step(context, model.parameters(), 1e-6);
  return value;
}

}  // namespace regrain::bench
