// Sizes and switches of the stage from the CA trace to all heavy atoms.
#pragma once

#include "autodiff/gaussian.hpp"
#include "kernels/activation.hpp"
#include "kernels/invariants.hpp"
#include "models/conformance.hpp"

namespace regrain::models {

struct GenzprotConfig {
  int latent = 36;  // F: also the width of the edge networks' hidden layer
  int n_rbf = 15;   // radial functions of the decoder
  int decoder_layers = 4;
  double atom_cutoff = 9;      // Angstrom, between atoms
  double residue_cutoff = 21;  // Angstrom, between CA atoms
  kernels::Activation activation = kernels::Activation::swish;
  Conformance conformance = Conformance::corrected;
  // Corrected only: atomic numbers and residue types reach the edge networks divided by their largest value.
  bool normalized_labels = true;
  // Corrected only: whether the readouts tell left-handed from right-handed.
  kernels::Handedness handedness = kernels::Handedness::keep;

  bool reference() const { return conformance == Conformance::reference; }
  KlForm kl_form() const { return reference() ? KlForm::reference : KlForm::exact; }
  double atom_label_scale() const { return !reference() && normalized_labels ? 1.0 / 16 : 1.0; }
  double residue_label_scale() const { return !reference() && normalized_labels ? 1.0 / 21 : 1.0; }
  // Gaussians of distances reach this far, Angstrom: the published 5 beyond the cutoff.
  double atom_reach() const { return atom_cutoff + 5; }
  double residue_reach() const { return residue_cutoff + 5; }
};

constexpr int kConvolutions = 3;      // layers of encoder and prior: one per level of features
constexpr int kResidueEmbedding = 4;  // the decoder's, beside the latent
constexpr int kResidueRows = 25;      // rows of the decoder's tables; 22 are used
constexpr int kLabelRows = 30;        // rows of the tables of atoms and residues in encoder and prior

// total = 5 length + angle + delta torsion + eta xyz + 3 graph + zeta (clash + backbone clash)
//         + beta max(KL - 0.01, 0)
struct GenzprotWeights {
  double beta = 0.05, delta = 1, eta = 1, zeta = 5;
  static constexpr double kLength = 5, kGraph = 3, kFreeKl = 0.01;

  // The published schedule of training, epochs counted from 0: internal coordinates first, and more
  // weight on overlaps in the end. Validation takes the plain weights.
  GenzprotWeights at_epoch(int epoch) const {
    GenzprotWeights w = *this;
    if (epoch == 0) w.eta = w.zeta = 0;
    if (epoch > 20) w.zeta = 10;
    return w;
  }
};

// Angstrom: closer than this two atoms that aren't bonded, or backbone N and O of neighbours, overlap.
constexpr double kNearestAtoms = 2.0, kNearestBackbone = 2.2;
// N and O of neighbouring residues are watched if their true distance lies in (1.5, 4].
constexpr double kBackboneFrom = 1.5, kBackboneTo = 4.0;
// Softening of distances, squared Angstrom.
constexpr double kDistanceEpsilon = 1e-7;

}  // namespace regrain::models
