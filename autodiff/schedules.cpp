#include "autodiff/schedules.hpp"

#include <algorithm>
#include <cmath>

namespace regrain {

namespace {

// Weighted straight line through the window around x0, evaluated at x0.
double local_fit(const std::vector<double>& y, const std::vector<double>& robustness, int begin, int end, double x0) {
  // the farthest point of the window gets weight 0
  const double reach = std::max(x0 - begin, end - 1 - x0);
  double sw = 0, sx = 0, sy = 0;
  std::vector<double> w(static_cast<std::size_t>(end - begin));
  for (int i = begin; i < end; ++i) {
    const double u = reach > 0 ? std::abs(i - x0) / reach : 0;
    const double cube = u < 1 ? 1 - u * u * u : 0;
    w[i - begin] = (u <= 0.001 ? 1 : cube * cube * cube) * robustness[i];
    sw += w[i - begin];
    sx += w[i - begin] * i;
    sy += w[i - begin] * y[i];
  }
  if (sw <= 0) return y[static_cast<std::size_t>(x0)];
  const double mx = sx / sw, my = sy / sw;
  double sxx = 0, sxy = 0;
  for (int i = begin; i < end; ++i) {
    sxx += w[i - begin] * (i - mx) * (i - mx);
    sxy += w[i - begin] * (i - mx) * (y[i] - my);
  }
  return sxx > 1e-12 * sw ? my + sxy / sxx * (x0 - mx) : my;
}

double median(std::vector<double> v) {
  const std::size_t half = v.size() / 2;
  std::nth_element(v.begin(), v.begin() + half, v.end());
  const double upper = v[half];
  if (v.size() % 2) return upper;
  return (upper + *std::max_element(v.begin(), v.begin() + half)) / 2;
}

}  // namespace

std::vector<double> lowess(const std::vector<double>& y, double fraction, int robust) {
  const int n = static_cast<int>(y.size());
  const int window = std::clamp(static_cast<int>(fraction * n + 1e-10), 0, n);
  if (window < 2) return y;
  std::vector<double> fit(y.size()), robustness(y.size(), 1.0);
  for (int round = 0; round <= robust; ++round) {
    int begin = 0;
    for (int i = 0; i < n; ++i) {
      // the `window` points nearest to i
      while (begin + window < n && i - begin > begin + window - i) ++begin;
      fit[i] = local_fit(y, robustness, begin, begin + window, i);
    }
    std::vector<double> residual(y.size());
    for (int i = 0; i < n; ++i) residual[i] = std::abs(y[i] - fit[i]);
    const double scale = 6 * median(residual);
    if (scale <= 1e-300) break;
    for (int i = 0; i < n; ++i) {
      const double u = residual[i] / scale, square = u < 1 ? 1 - u * u : 0;
      robustness[i] = square * square;
    }
  }
  return fit;
}

bool PlateauSchedule::observe(double value) {
  if (value < best_ * (1 - (best_ >= 0 ? settings_.threshold : -settings_.threshold))) {
    best_ = value;
    bad_epochs_ = 0;
  } else {
    ++bad_epochs_;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    bad_epochs_ = 0;
  }
  if (bad_epochs_ <= settings_.patience) return false;
  bad_epochs_ = 0;
  cooldown_left_ = settings_.cooldown;
  const double lowered = std::max(learning_rate_ * settings_.factor, settings_.min_learning_rate);
  const bool changed = learning_rate_ - lowered > 1e-8 * learning_rate_;
  if (changed) learning_rate_ = lowered;
  return changed;
}

void PlateauSchedule::restore(const State& s) {
  learning_rate_ = s.learning_rate;
  best_ = s.best;
  bad_epochs_ = s.bad_epochs;
  cooldown_left_ = s.cooldown_left;
}

bool EarlyStopping::observe(double value) {
  if (value < best_ - min_delta_) {
    best_ = value;
    bad_epochs_ = 0;
  } else {
    ++bad_epochs_;
  }
  return bad_epochs_ >= patience_;
}

void EarlyStopping::restore(const State& s) {
  best_ = s.best;
  bad_epochs_ = s.bad_epochs;
}

double Ramp::at(long long step) const {
  if (step >= steps) return end;
  return start + (end - start) * static_cast<double>(step) / static_cast<double>(steps);
}

double half_cosine(long long step, long long n_steps) {
  if (step >= n_steps) return 0;
  return 0.5 * (1 + std::cos(3.141592653589793 * static_cast<double>(step) / static_cast<double>(n_steps)));
}

}  // namespace regrain
