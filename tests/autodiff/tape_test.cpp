#include "autodiff/tape.hpp"

#include <gtest/gtest.h>

#include "autodiff/arithmetic.hpp"
#include "autodiff/parameters.hpp"

namespace regrain {
namespace {

TEST(Tape, SameShapesGetTheSameAddresses) {
  Context context(1);
  std::vector<const float*> seen[3];
  for (auto& addresses : seen) {
    Tape<float> tape(context);
    const Tensor<float> x({100, 30});
    Var<float> v = tape.leaf(x.ref());
    for (int i = 0; i < 200; ++i) {
      v = scale(tape, 0.5f, v);
      addresses.push_back(v.value().data());
    }
  }
  // the first step grows the arena; from the second on it is one block
  EXPECT_EQ(seen[1], seen[2]);
}

TEST(Tape, NoMemoryIsAskedForAfterTheFirstStep) {
  Context context(1);
  const Tensor<float> x({1000, 100});
  int allocations = 0;
  for (int step = 0; step < 5; ++step) {
    Tape<float> tape(context);
    Var<float> v = tape.leaf(x.ref());
    for (int i = 0; i < 50; ++i) v = add(tape, v, scale(tape, 0.5f, v));
    tape.backward(dot_constant(tape, v, x.ref()));
    if (step == 1) allocations = context.arena().n_system_allocations();
    if (step > 1) {
      EXPECT_EQ(context.arena().n_system_allocations(), allocations);
    }
  }
}

TEST(Tape, ConstantsAndUntouchedBranchesGetNoGradient) {
  Context context(1);
  Tape<double> tape(context);
  const Tensor<double> x({3}, {1, 2, 3});
  const Var<double> c = tape.constant(x.ref()), v = tape.leaf(x.ref());
  const Var<double> dead = scale(tape, 2.0, v);
  int calls = 0;
  int* counter = &calls;
  tape.on_backward({dead}, [=](auto) { ++*counter; });
  const Var<double> loss = dot_constant(tape, add(tape, c, v), x.ref());
  tape.backward(loss);
  EXPECT_EQ(calls, 0);
  EXPECT_FALSE(dead.has_grad());
  EXPECT_FALSE(c.requires_grad());
  EXPECT_THROW(c.grad(), Error);
  EXPECT_EQ(v.grad().data()[2], 3);
}

TEST(Tape, InferenceKeepsNoClosures) {
  Context context(1);
  Tape<double> tape(context, TapeMode::infer);
  const Tensor<double> x({3}, {1, 2, 3});
  const Var<double> y = scale(tape, 2.0, tape.leaf(x.ref()));
  EXPECT_FALSE(y.requires_grad());
  EXPECT_EQ(y.value().data()[1], 4);
}

TEST(Tape, KeepsAResultAloneWhereNothingIsRecorded) {
  const Tensor<double> x({3}, {1, 2, 3}), one({3}, {1, 1, 1});
  for (TapeMode mode : {TapeMode::infer, TapeMode::record}) {
    Context context(1);
    Tape<double> tape(context, mode);
    const Var<double> leaf = tape.leaf(x.ref());
    std::size_t inside = 0;
    const Var<double> y = keep_result_of(tape, {3}, [&] {
      const Var<double> six_times = scale(tape, 3.0, scale(tape, 2.0, leaf));
      inside = context.arena().bytes_in_use();
      return six_times;
    });
    EXPECT_EQ(y.value().data()[2], 18);
    EXPECT_EQ(context.arena().bytes_in_use() < inside, mode == TapeMode::infer);
    if (mode == TapeMode::infer) {
      EXPECT_THROW(keep_result_of(tape, {4}, [&] { return scale(tape, 2.0, leaf); }), Error);
      continue;
    }
    tape.backward(dot_constant(tape, y, one.ref()));
    EXPECT_EQ(leaf.grad().data()[1], 6);
  }
}

TEST(Parameters, KeepTheirPlacesAndNames) {
  ParameterSet<float> set;
  Parameter<float>* w = set.add("w", {3, 5});
  Parameter<float>* b = set.add("b", {3});
  EXPECT_THROW(set.add("w", {1}), Error);
  set.allocate();
  EXPECT_THROW(set.add("late", {1}), Error);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b->value) % 64, 0u);
  EXPECT_EQ(set.n_elements(), 18u);
  EXPECT_EQ(set.find("w"), w);
  EXPECT_EQ(set.find("x"), nullptr);

  // gradients add into the flat buffer
  Context context(1);
  for (int step = 0; step < 2; ++step) {
    Tape<float> tape(context);
    const Tensor<float> ones({3}, {1, 1, 1});
    tape.backward(dot_constant(tape, b->on(tape), ones.ref()));
  }
  EXPECT_EQ(b->grad[2], 2);
  set.zero_grads(context);
  EXPECT_EQ(b->grad[2], 0);
}

}  // namespace
}  // namespace regrain
