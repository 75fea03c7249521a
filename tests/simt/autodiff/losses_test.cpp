// Losses, their gradients and the optimiser on a context of the device against one of the CPU, by the same tape code.
#include <gtest/gtest.h>

#include "autodiff/adam.hpp"
#include "autodiff/arithmetic.hpp"
#include "autodiff/distance_losses.hpp"
#include "autodiff/gaussian.hpp"
#include "autodiff/internal_losses.hpp"
#include "tests/simt/autodiff/both_sides.hpp"

namespace regrain::test {
namespace {

TEST(LossesOnTheDevice, Gaussian) {
  for (int n : {0, 1, 33})
    expect_same_numbers([&](Side& side) {
      const Shape s{n, 5};
      const Gaussian<double> q{side.leaf(s, 1), side.leaf(s, 2), kernels::kPosteriorFloor};
      const Gaussian<double> p{side.leaf(s, 3), side.leaf(s, 4), kernels::kPriorFloor};
      const ArrayRef<const double> noise = side.array(s, 5);
      Tape<double>& tape = side.tape();
      return side.played_back(weighted_sum<double>(
          tape, {{0.3, gaussian_kl(tape, KlForm::exact, q, p)}, {0.7, dot_constant(tape, draw(tape, q, noise), noise)}}));
    });
}

TEST(LossesOnTheDevice, Distances) {
  for (int n : {0, 1, 33})
    expect_same_numbers([&](Side& side) {
      std::vector<std::pair<int, int>> pairs;
      for (int i = 0; i < n; ++i)
        for (int j = i + 1; j < std::min(n, i + 4); ++j) pairs.emplace_back(i, j);
      const kernels::Graph g = side.graph(kernels::make_graph(n, n, kernels::both_directions(pairs)));
      const Var<double> x = side.leaf({n, 3}, 1);
      const ArrayRef<const double> target = side.array({n, 3}, 2);
      Tape<double>& tape = side.tape();
      return side.played_back(weighted_sum<double>(tape, {{1, mean_squared_displacement(tape, x, target)},
                                                          {2, edge_length_loss(tape, x, target, g, 1e-7)},
                                                          {3, clash_loss(tape, x, g, 2.0, 1e-7)}}));
    });
}

TEST(LossesOnTheDevice, InternalCoordinates) {
  for (int n : {0, 1, 33})
    expect_same_numbers([&](Side& side) {
      const Var<double> ic = side.leaf({n, 13, 3}, 1);
      const View<const double, 3> target = side.array({n, 13, 3}, 2);
      const View<int, 2> mask(side.array(random_index(13 * n, 2, 3)).data(), {n, 13});
      Tape<double>& tape = side.tape();
      // nobody asks for the angles' gradient
      const InternalLosses<double> loss = internal_losses<double>(tape, ic, target, mask);
      return side.played_back(weighted_sum<double>(tape, {{2, loss.length}, {3, loss.torsion}}));
    });
}

TEST(LossesOnTheDevice, SumsAndColumns) {
  for (int n : {0, 1, 33})
    expect_same_numbers([&](Side& side) {
      Tape<double>& tape = side.tape();
      const Var<double> x = side.leaf({n, 2}, 1), y = side.leaf({n, 3}, 2);
      const Var<double> z = join_columns(tape, add(tape, x, scale(tape, 0.5, x)), y);
      return side.played_back(dot_constant(tape, z, side.array({n, 5}, 3)));
    });
}

// steps that clip and steps that don't, another learning rate, a count that was set
TEST(OptimizerOnTheDevice, TakesTheStepsOfTheCpu) {
  for (int n : {1, 33})
    expect_same_numbers([&](Side& side) {
      ParameterSet<double> shapes;
      shapes.add("p", {n});
      shapes.allocate();
      const Shape flat = shapes.values().shape();
      Adam<double> adam(shapes, {.clip_norm = 4});
      adam.move_to(side.context());
      std::vector<double> numbers;
      const ArrayRef<double> values = side.array(random(flat, 1));
      for (int step = 0; step < 6; ++step) {
        if (step == 4) adam.set_steps(100);
        const ArrayRef<double> grads = side.array(random(flat, 2 + step, step % 2 ? 0.1 : 2));
        adam.prepare(side.context(), step < 2 ? 0.1 : 0.05);
        adam.update(side.context(), grads, values);
        numbers.push_back(adam.norm(side.context()));
        side.append(numbers, values);
      }
      EXPECT_EQ(adam.steps(), 102);
      return numbers;
    });
}

}  // namespace
}  // namespace regrain::test
