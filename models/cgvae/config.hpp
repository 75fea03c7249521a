// Sizes and switches of the stage from beads to finer particles.
#pragma once

#include "autodiff/gaussian.hpp"
#include "kernels/activation.hpp"
#include "models/conformance.hpp"

namespace regrain::models {

struct CgvaeConfig {
  int channels = 64;          // F; at least the number of atoms of the largest bead
  int n_rbf = 8;              // radial functions
  int encoder_layers = 2;     // also of the prior
  int decoder_layers = 4;
  double atom_cutoff = 12;    // Angstrom, between atoms
  double bead_cutoff = 25;    // Angstrom, between beads
  kernels::Activation activation = kernels::Activation::swish;
  Conformance conformance = Conformance::corrected;
  // Mean number of neighbours that message sums are divided by (corrected only; 1 divides by nothing).
  double atom_neighbors = 1, bead_neighbors = 1;
  // Compute what reaches no output, the vector stream of encoder and prior and a fifth of the decoder's gates: for
  // comparison with the published code alone.
  bool dead_branches = false;

  bool reference() const { return conformance == Conformance::reference; }
  KlForm kl_form() const { return reference() ? KlForm::reference : KlForm::exact; }
  // The published code swaps the two cutoffs between filters and edges.
  double encoder_filter_cutoff() const { return reference() ? bead_cutoff : atom_cutoff; }
  double decoder_filter_cutoff() const { return reference() ? atom_cutoff : bead_cutoff; }
};

// Distance of an atom from its bead at which the pooling filter ends, Angstrom.
constexpr double kPoolingCutoff = 20;
// Atomic numbers, or kinds of particle, up to which the encoder has embeddings.
constexpr int kAtomKinds = 100;

// total = reconstruction + beta KL + gamma graph
struct CgvaeWeights {
  double beta = 1e-3;
  double gamma = 1;
};

}  // namespace regrain::models
