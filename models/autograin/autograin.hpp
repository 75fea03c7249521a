// Autograin: which bead an atom belongs to, learned from a trajectory (Wang & Gomez-Bombarelli 2019).
//
// A soft assignment M of atoms to beads averages atoms into beads; a linear decoder D puts the atoms
// back. The loss asks that D reconstruct the atoms and that an atom lie near its bead:
//   M = gumbel_softmax(A), X = (M / column sum)^T x, loss = mean (x - D^T X)^2 + w mean |x - M X|^2
// The final map is the largest entry of each row of A. Beads come out as clusters in space that move
// together, not as stretches of the sequence.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "autodiff/parameters.hpp"
#include "models/conformance.hpp"

namespace regrain::models {

struct AutograinSettings {
  int n_beads = 0;
  int epochs = 1500;             // as published, of 1000 frames: fewer frames make fewer steps and want more
  int batch = 32;                // frames a step
  int max_frames = 1000;         // the first frames to learn from
  double learning_rate = 4e-3;   // Adam
  double regularisation = 0.25;  // w
  std::uint64_t seed = 0;
  // corrected: in the last 30 % of training the temperature falls linearly from 1 to 0.1, and beads
  // nobody chose get an atom.
  // reference: it stays 1, as the published code never uses its schedule, and empty beads are dropped.
  Conformance conformance = Conformance::corrected;
};

struct AutograinResult {
  std::vector<int> bead_of_atom;  // beads are numbered by their first atom
  int n_beads = 0;                // fewer than asked for if empty beads were dropped
  int n_empty = 0;                // beads nobody chose: repaired or dropped
  std::vector<double> loss_per_epoch;
};

// The network: A (atoms, beads) and D (beads, atoms).
template <class T>
class Autograin {
 public:
  Autograin(int n_atoms, int n_beads);
  void initialize(std::uint64_t seed);  // N(0, 1)
  ParameterSet<T>& parameters() { return *parameters_; }
  const Parameter<T>& assignment() const { return *assignment_; }

  struct Loss {
    Var<T> total, reconstruction, lift;  // scalars; lift before its weight
  };
  // x_AC holds an atom a row and 3 columns a frame, centred per frame, Angstrom; noise_AB is Gumbel
  // noise, one draw for the batch. Both must outlive the tape.
  Loss loss(Tape<T>& tape, ArrayRef<const T> x_AC, ArrayRef<const T> noise_AB, double temperature,
            double regularisation) const;

 private:
  std::unique_ptr<ParameterSet<T>> parameters_;
  Parameter<T>*assignment_, *decoder_;
};

extern template class Autograin<float>;
extern template class Autograin<double>;

// Trains on frames_xyz [n_frames][n_atoms][3], Angstrom; every epoch runs, there is no early stop,
// since the loss is noisy at temperature 1 and meaningful only at the end of an annealing. Same
// settings and frames give the same map for any thread count. `progress` is called after each epoch
// and may throw to stop. Throws Error(input) on settings or frames that can't be used, Error(numbers)
// on coordinates or a loss that isn't finite.
AutograinResult learn_map(Context& context, const AutograinSettings& settings, int n_atoms,
                          const std::vector<float>& frames_xyz,
                          const std::function<void(int epoch, double loss)>& progress = {});

// Mean over frames and atoms of the squared distance of an atom from the mean of its bead, Angstrom^2:
// what a map loses.
double lift_error(const std::vector<int>& bead_of_atom, int n_beads, const std::vector<float>& frames_xyz);

}  // namespace regrain::models
