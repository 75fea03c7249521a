// A window into a forward pass: tests give one to read intermediate variables by name.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "autodiff/tape.hpp"

namespace regrain::models {

template <class T>
class Probe {
 public:
  void note(const std::string& name, Var<T> v) { seen_[name] = v; }
  const std::map<std::string, Var<T>>& seen() const { return seen_; }

 private:
  std::map<std::string, Var<T>> seen_;
};

// A name with the number of a layer in it, put together only where somebody looks.
struct LayerName {
  std::string_view before;
  int layer;
  std::string_view after = "", end = "";

  std::string text() const { return std::string(before) + std::to_string(layer) + std::string(after) + std::string(end); }
  LayerName operator+(std::string_view more) const { return {before, layer, after, more}; }
};

// no cost where nobody looks
template <class T>
void note(Probe<T>* probe, std::string_view name, Var<T> v) {
  if (probe) probe->note(std::string(name), v);
}
template <class T>
void note(Probe<T>* probe, const LayerName& name, Var<T> v) {
  if (probe) probe->note(name.text(), v);
}

}  // namespace regrain::models
