// Golden files: inputs, outputs and gradients of the published codes, in safetensors.
//
// Cases are whatever lies in a folder, so a new one is checked by dropping it in: the project's own
// tests/golden, or the one REGRAIN_GOLDEN_DIR names.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/tensor.hpp"
#include "io/safetensors.hpp"

namespace regrain::test {

inline std::filesystem::path golden_dir() {
  const char* dir = std::getenv("REGRAIN_GOLDEN_DIR");
  return dir && *dir ? std::filesystem::path(dir) : std::filesystem::path(REGRAIN_SOURCE_DIR) / "tests/golden";
}

// Files below `dir` whose name ends in `ending`, without that ending, sorted.
inline std::vector<std::string> golden_cases(const std::filesystem::path& dir, const std::string& ending) {
  std::vector<std::string> cases;
  if (!std::filesystem::is_directory(dir)) return cases;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    const std::string path = entry.path().string();
    if (path.ends_with(ending)) cases.push_back(path.substr(0, path.size() - ending.size()));
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

class GoldenFile {
 public:
  explicit GoldenFile(const std::string& path) : file_(io::Safetensors::load(path)) {}

  bool has(const std::string& name) const { return file_.contains(name); }
  Shape shape(const std::string& name) const {
    const auto& dims = file_.info(name).shape;
    const auto d = [&](std::size_t i) { return static_cast<int>(dims[i]); };
    switch (dims.size()) {
      case 0: return {};
      case 1: return {d(0)};
      case 2: return {d(0), d(1)};
      case 3: return {d(0), d(1), d(2)};
      default: return {d(0), d(1), d(2), d(3)};
    }
  }
  Tensor<double> tensor(const std::string& name) const { return {shape(name), file_.doubles(name)}; }
  double scalar(const std::string& name) const { return file_.doubles(name).at(0); }
  std::vector<int> integers(const std::string& name) const {
    std::vector<int> out;
    for (auto x : file_.integers(name)) out.push_back(static_cast<int>(x));
    return out;
  }
  std::vector<std::string> names(const std::string& prefix) const {
    std::vector<std::string> out;
    for (const auto& [name, info] : file_.tensors())
      if (name.starts_with(prefix)) out.push_back(name);
    return out;
  }
  std::string metadata(const std::string& key) const {
    const auto it = file_.metadata().find(key);
    return it == file_.metadata().end() ? "" : it->second;
  }

 private:
  io::Safetensors file_;
};

// max |a - b| / max |b|; the plain difference where b is all zero
template <class A, class B>
double relative_error(const A& got, const B& want) {
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double g = static_cast<double>(got.data()[i]), w = static_cast<double>(want.data()[i]);
    if (!std::isfinite(g)) return INFINITY;
    largest = std::max(largest, std::abs(w));
    worst = std::max(worst, std::abs(g - w));
  }
  return largest > 0 ? worst / largest : worst;
}

template <class A, class B>
void expect_close(const A& got, const B& want, double tolerance, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  EXPECT_LE(relative_error(got, want), tolerance) << what;
}

// (N, F, 3) of the published codes -> (N, 3, F)
inline Tensor<double> channels_last(const Tensor<double>& x) {
  const int n = x.dim(0), f = x.dim(1);
  Tensor<double> y({n, 3, f});
  for (int i = 0; i < n; ++i)
    for (int c = 0; c < f; ++c)
      for (int a = 0; a < 3; ++a) y[(i * 3 + a) * f + c] = x[(i * f + c) * 3 + a];
  return y;
}

}  // namespace regrain::test
