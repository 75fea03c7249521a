// The tape: a list of closures over arena memory, played backwards.
//
// An op computes its value with a kernel and records one closure that is its derivative. Closures live in
// the context's host arena, values and gradients in the memory kernels work on, both until the next tape is
// made. Gradients
// accumulate with +=; one that no closure ever touched stays null, and whatever only feeds such a
// variable is skipped, so dead branches cost nothing on the way back.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <type_traits>
#include <utility>

#include "engine/context.hpp"
#include "engine/view.hpp"
#include "kernels/elementwise.hpp"

namespace regrain {

template <class T>
class Tape;

// A handle to an array on the tape; copying shares it.
template <class T>
class Var {
 public:
  Var() = default;

  const Shape& shape() const { return node_->shape; }
  int dim(int i) const { return node_->shape[i]; }
  std::size_t size() const { return node_->shape.size(); }

  ArrayRef<const T> value() const { return {node_->value, node_->shape}; }
  // for the op that makes the variable
  ArrayRef<T> mutable_value() const { return {node_->value, node_->shape}; }
  // d loss / d this; zero until somebody adds to it. Only for variables that require it.
  ArrayRef<T> grad() const {
    REGRAIN_CHECK(node_->requires_grad, "tape: gradient of a constant of shape ", node_->shape.text());
    Node* owner = node_->owner();
    if (!owner->grad) {
      owner->grad = node_->context->values().template allocate_array<T>(size());
      node_->context->zero(owner->grad, size() * sizeof(T));
    }
    return {owner->grad, node_->shape};
  }
  bool requires_grad() const { return node_->requires_grad; }
  bool has_grad() const { return node_->owner()->grad != nullptr; }

  // value of a variable of one element; waits for the device
  T item() const {
    REGRAIN_CHECK(size() == 1, "tape: item() of shape ", shape().text());
    T value;
    node_->context->read(&value, node_->value, sizeof(T));
    return value;
  }

 private:
  friend class Tape<T>;
  struct Node {
    T* value;
    T* grad;
    Shape shape;
    Context* context;
    bool requires_grad;
    Node* reshaped = nullptr;  // the variable whose data this is under another shape

    Node* owner() { return reshaped ? reshaped->owner() : this; }
  };
  explicit Var(Node* node) : node_(node) {}
  Node* node_ = nullptr;
};

// The gradient for a kernel that takes null for one nobody wants.
template <int Rank, class T>
View<T, Rank> grad_or_null(Var<T> x) {
  return x.requires_grad() ? x.grad().template view<Rank>() : View<T, Rank>();
}

enum class TapeMode { record, infer };

template <class T>
class Tape {
 public:
  // Resets the context's arenas: variables of an earlier tape are gone.
  explicit Tape(Context& context, TapeMode mode = TapeMode::record) : context_(context), mode_(mode) {
    context_.begin_step();
  }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  Context& context() { return context_; }
  bool recording() const { return mode_ == TapeMode::record; }

  // An uninitialised result; it requires a gradient if the tape records and one of the inputs does.
  Var<T> result(Shape shape, std::initializer_list<Var<T>> inputs) {
    bool wanted = false;
    for (const Var<T>& x : inputs) wanted = wanted || x.requires_grad();
    return result_of_some(shape, wanted);
  }
  // the same where the inputs are counted at run time
  Var<T> result_of_some(Shape shape, bool one_requires_grad) {
    return node(context_.values().template allocate_array<T>(shape.size()), shape, recording() && one_requires_grad);
  }
  // Memory of the caller, which must outlive the tape.
  Var<T> constant(ArrayRef<const T> data) { return node(const_cast<T*>(data.data()), data.shape(), false); }
  // A leaf over the caller's memory with a gradient of its own.
  Var<T> leaf(ArrayRef<const T> data) { return node(const_cast<T*>(data.data()), data.shape(), recording()); }
  // A leaf whose gradient adds into the caller's memory: how parameters enter.
  Var<T> leaf(ArrayRef<const T> data, T* grad) {
    Var<T> v = node(const_cast<T*>(data.data()), data.shape(), recording());
    if (recording()) v.node_->grad = grad;
    return v;
  }
  // The same data and the same gradient under another shape of the same size.
  Var<T> reshape(Var<T> x, Shape shape) {
    REGRAIN_CHECK(shape.size() == x.size(), "reshape: ", x.shape().text(), " to ", shape.text());
    Var<T> y = node(x.node_->value, shape, x.requires_grad());
    y.node_->reshaped = x.node_;
    return y;
  }

  // Runs a kernel now, with the backend's tag.
  template <class F>
  void forward(F&& f) {
    context_.visit(std::forward<F>(f));
  }
  // Keeps `f` to be run, with the backend's tag, when the tape is played back and one of the
  // outputs has got a gradient.
  template <class F>
  void on_backward(std::initializer_list<Var<T>> outputs, F f) {
    static_assert(std::is_trivially_destructible_v<F>, "closures live in the arena: capture views and handles");
    static_assert(alignof(F) <= Arena::kAlignment);
    bool wanted = false;
    for (const Var<T>& y : outputs) wanted = wanted || y.requires_grad();
    if (!recording() || !wanted) return;
    REGRAIN_CHECK(outputs.size() <= Record::kMaxOutputs, "tape: an op with ", outputs.size(), " outputs");
    auto* closure = new (context_.arena().allocate(sizeof(F))) F(std::move(f));
    auto* record = new (context_.arena().allocate(sizeof(Record))) Record{};
    record->previous = last_;
    record->closure = closure;
    record->run = [](void* c, Context& context) { context.visit(*static_cast<F*>(c)); };
    for (const Var<T>& y : outputs) record->outputs[record->n_outputs++] = y.node_;
    last_ = record;
  }

  // d loss / d everything; loss has one element.
  void backward(Var<T> loss) {
    REGRAIN_CHECK(loss.size() == 1, "backward: loss has shape ", loss.shape().text());
    // by a kernel, which can be recorded, where a number of the host's can't
    forward([&](auto be) { kernels::fill<T>(be, T(1), loss.grad().flat()); });
    play_back();
  }
  // The same from cotangents already written into gradients.
  void play_back() {
    for (Record* r = last_; r; r = r->previous) {
      bool touched = false;
      for (int i = 0; i < r->n_outputs; ++i) touched = touched || r->outputs[i]->owner()->grad;
      if (touched) r->run(r->closure, context_);
    }
    last_ = nullptr;
  }

 private:
  struct Record {
    static constexpr std::size_t kMaxOutputs = 4;
    Record* previous;
    void* closure;
    void (*run)(void*, Context&);
    typename Var<T>::Node* outputs[kMaxOutputs];
    int n_outputs;
  };

  Var<T> node(T* value, Shape shape, bool requires_grad) {
    using Node = typename Var<T>::Node;
    return Var<T>(new (context_.arena().allocate(sizeof(Node)))
                      Node{value, nullptr, shape, &context_, requires_grad});
  }

  Context& context_;
  TapeMode mode_;
  Record* last_ = nullptr;
};

// The variable that f() makes, of the shape given. Where nothing is recorded nobody comes back to what f made on the
// way: all its memory but the result's is given back, and no other variable made in f may be used any more.
template <class T, class F>
Var<T> keep_result_of(Tape<T>& tape, Shape shape, F f) {
  if (tape.recording()) return f();
  Var<T> kept = tape.result(shape, {});
  const Context::Scope scope(tape.context());
  const Var<T> made = f();
  REGRAIN_CHECK(made.shape() == shape, "tape: result of shape ", made.shape().text(), " instead of ", shape.text());
  tape.context().copy(kept.mutable_value().data(), made.value().data(), made.size() * sizeof(T));
  return kept;
}

}  // namespace regrain
