// Named weights in one flat buffer, so that the optimiser and the gradient norm are one pass each.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "autodiff/tape.hpp"
#include "engine/transfer.hpp"

namespace regrain {

template <class T>
struct Parameter {
  std::string name;  // as in a checkpoint: "decoder.message_blocks.0.filter.weight"
  Shape shape;
  T* value = nullptr;
  T* grad = nullptr;

  ArrayRef<T> values() const { return {value, shape}; }
  Var<T> on(Tape<T>& tape) const { return tape.leaf(ArrayRef<const T>(value, shape), grad); }
};

template <class T>
class ParameterSet {
 public:
  ParameterSet() = default;
  ParameterSet(const ParameterSet&) = delete;
  ParameterSet& operator=(const ParameterSet&) = delete;

  // Layers add theirs while they are built; the address stays valid.
  Parameter<T>* add(std::string name, Shape shape);
  // Gives every parameter its place; called once, after the last add().
  void allocate();

  std::deque<Parameter<T>>& all() { return parameters_; }
  const std::deque<Parameter<T>>& all() const { return parameters_; }
  // nullptr if there is none of that name
  Parameter<T>* find(const std::string& name);
  std::size_t n_elements() const;

  // the flat buffers (n), padding between parameters is zero and stays so
  ArrayRef<T> values() { return values_.ref(); }
  ArrayRef<const T> values() const { return values_.ref(); }
  ArrayRef<T> grads() { return grads_.ref(); }
  ArrayRef<const T> grads() const { return grads_.ref(); }
  // Takes values and gradients to the memory of the context's backend, for training and sampling there. `value` and
  // `grad` of every parameter point there from then on; values_on_host() brings a copy back.
  void move_to(Context& context);
  void zero_grads(Context& context);
  Tensor<T> values_on_host(Context& context) const { return to_host(context, values_); }
  Tensor<T> grads_on_host(Context& context) const { return to_host(context, grads_); }

 private:
  void place();

  std::deque<Parameter<T>> parameters_;
  Tensor<T> values_, grads_;
};

extern template class ParameterSet<float>;
extern template class ParameterSet<double>;

}  // namespace regrain
