// What changes from epoch to epoch: learning rate, early stopping, loss weights.
//
// The published trainings watch the last value of a LOWESS fit of the validation loss in place of
// the loss itself, so one lucky epoch neither saves nor ends a run.
#pragma once

#include <vector>

namespace regrain {

// Locally weighted linear regression (Cleveland 1979) of y on x = 0, 1, 2, ...: tricube weights over
// the nearest floor(fraction n) points, then `robust` rounds of bisquare reweighting by residual.
// Returns the fitted values. Fewer than two points per window fit themselves.
std::vector<double> lowess(const std::vector<double>& y, double fraction = 0.2, int robust = 3);

// Lowers the learning rate when the watched value stops falling by more than a relative threshold.
class PlateauSchedule {
 public:
  struct Settings {
    double learning_rate = 1e-4, factor = 0.6, threshold = 1e-3, min_learning_rate = 5e-8;
    int patience = 2, cooldown = 0;
  };
  explicit PlateauSchedule(Settings settings) : settings_(settings), learning_rate_(settings.learning_rate) {}

  double learning_rate() const { return learning_rate_; }
  // Takes one epoch's value; true if the rate was lowered.
  bool observe(double value);

  struct State {
    double learning_rate, best;
    int bad_epochs, cooldown_left;
  };
  State state() const { return {learning_rate_, best_, bad_epochs_, cooldown_left_}; }
  void restore(const State& s);

 private:
  Settings settings_;
  double learning_rate_;
  double best_ = 1e300;
  int bad_epochs_ = 0, cooldown_left_ = 0;
};

// True once `patience` epochs in a row brought no value below the best by more than min_delta.
class EarlyStopping {
 public:
  EarlyStopping(int patience, double min_delta) : patience_(patience), min_delta_(min_delta) {}
  bool observe(double value);
  struct State {
    double best;
    int bad_epochs;
  };
  State state() const { return {best_, bad_epochs_}; }
  void restore(const State& s);

 private:
  int patience_;
  double min_delta_;
  double best_ = 1e300;
  int bad_epochs_ = 0;
};

// Half a cosine from 1 at step 0 to 0 at step n_steps, and 0 from there on.
double half_cosine(long long step, long long n_steps);

// A weight that goes linearly from `start` to `end` over `steps` optimiser steps and stays there.
struct Ramp {
  double start = 0, end = 0;
  long long steps = 0;
  double at(long long step) const;
};

}  // namespace regrain
