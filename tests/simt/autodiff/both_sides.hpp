// The same tape on a context of the CPU and on one of the device.
//
// Device memory is closed to the host here: an op that looks at a value or a gradient on the way stops the program.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <vector>

#include "autodiff/tape.hpp"
#include "engine/transfer.hpp"
#include "kernels/graph.hpp"
#include "tests/simt/needs_device.hpp"
#include "tests/support/random.hpp"

namespace regrain::test {

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

  kernels::Graph graph(const kernels::Graph& g) { return to_backend(context_, g); }

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
  REGRAIN_NEEDS_DEVICE();
  Side cpu(Device::cpu), cuda(Device::cuda);
  const std::vector<double> expected = numbers_of(cpu), found = numbers_of(cuda);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], 1e-12 * (1 + std::abs(expected[i]))) << "number " << i;
}

}  // namespace regrain::test
