#include "autodiff/parameters.hpp"

#include <algorithm>

namespace regrain {

namespace {

// elements of n, rounded up to whole lines of memory
template <class T>
std::size_t whole_lines(std::size_t n) {
  constexpr std::size_t kLine = Arena::kAlignment / sizeof(T);
  return (n + kLine - 1) / kLine * kLine;
}

}  // namespace

template <class T>
Parameter<T>* ParameterSet<T>::add(std::string name, Shape shape) {
  REGRAIN_CHECK(values_.size() == 0, "parameters: ", name, " added after allocate()");
  REGRAIN_CHECK(!find(name), "parameters: ", name, " added twice");
  parameters_.push_back({std::move(name), shape, nullptr, nullptr});
  return &parameters_.back();
}

template <class T>
void ParameterSet<T>::allocate() {
  std::size_t n = 0;
  for (const auto& p : parameters_) n += whole_lines<T>(p.shape.size());
  REGRAIN_CHECK(n < (std::size_t{1} << 31), "parameters: ", n, " elements are too many");
  values_ = Tensor<T>({static_cast<int>(n)});
  grads_ = Tensor<T>({static_cast<int>(n)});
  place();
}

template <class T>
void ParameterSet<T>::place() {
  std::size_t at = 0;
  for (auto& p : parameters_) {
    p.value = values_.data() + at;
    p.grad = grads_.data() + at;
    at += whole_lines<T>(p.shape.size());
  }
}

template <class T>
void ParameterSet<T>::move_to(Context& context) {
  values_ = to_backend(context, values_);
  grads_ = to_backend(context, grads_);
  place();
}

template <class T>
void ParameterSet<T>::zero_grads(Context& context) {
  context.zero(grads_.data(), grads_.size() * sizeof(T));
}

template <class T>
Parameter<T>* ParameterSet<T>::find(const std::string& name) {
  const auto it = std::find_if(parameters_.begin(), parameters_.end(), [&](const auto& p) { return p.name == name; });
  return it == parameters_.end() ? nullptr : &*it;
}

template <class T>
std::size_t ParameterSet<T>::n_elements() const {
  std::size_t n = 0;
  for (const auto& p : parameters_) n += p.shape.size();
  return n;
}

template class ParameterSet<float>;
template class ParameterSet<double>;

}  // namespace regrain
