// Losses, their gradients and the optimiser on a context of the device against one of the CPU, by the same tape code.
//
// Device memory is closed to the host here: an op that looks at a value or a gradient on the way stops the program.
#include <gtest/gtest.h>

#include <deque>

#include "autodiff/adam.hpp"
#include "autodiff/arithmetic.hpp"
#include "autodiff/distance_losses.hpp"
#include "autodiff/gaussian.hpp"
#include "autodiff/internal_losses.hpp"
#include "engine/transfer.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {
namespace {

// A context with arrays that kernels can read, and the leaves of a tape on it.
class Side {
 public:
  explicit Side(Device device) : context_(device, 1), tape_(context_) {}

  Context& context() { return context_; }
  Tape<double>& tape() { return tape_; }

  template <class T>
  ArrayRef<T> array(const Tensor<T>& values) {
    auto& all = kept<T>();
    all.push_back(to_backend(context_, values));
    return all.back().ref();
  }
  // the same random numbers on every side
  ArrayRef<const double> array(Shape shape, std::uint64_t seed) { return array(random(shape, seed)); }
  Var<double> leaf(Shape shape, std::uint64_t seed) {
    leaves_.push_back(tape_.leaf(array(shape, seed)));
    return leaves_.back();
  }

  // loss, then the gradients of the leaves one after another
  std::vector<double> played_back(Var<double> loss) {
    tape_.backward(loss);
    std::vector<double> numbers{loss.item()};
    for (const Var<double>& x : leaves_) append(numbers, x.grad());
    return numbers;
  }
  void append(std::vector<double>& numbers, ArrayRef<const double> x) {
    const std::size_t before = numbers.size();
    numbers.resize(before + x.size());
    context_.read(numbers.data() + before, x.data(), x.size() * sizeof(double));
  }

 private:
  template <class T>
  std::deque<Tensor<T>>& kept() {
    if constexpr (std::is_same_v<T, int>)
      return integers_;
    else
      return reals_;
  }

  Context context_;
  std::deque<Tensor<double>> reals_;
  std::deque<Tensor<int>> integers_;
  Tape<double> tape_;
  std::vector<Var<double>> leaves_;
};

// numbers_of(side) on both
template <class F>
void expect_same_numbers(F numbers_of) {
  Side cpu(Device::cpu), cuda(Device::cuda);
  const std::vector<double> expected = numbers_of(cpu), found = numbers_of(cuda);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], 1e-12 * (1 + std::abs(expected[i]))) << "number " << i;
}

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
      kernels::Graph g = kernels::make_graph(n, n, kernels::both_directions(pairs));
      for (Tensor<int>* part : {&g.dst, &g.src, &g.offset, &g.by_src, &g.src_offset})
        *part = to_backend(side.context(), *part);
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
