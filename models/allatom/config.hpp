// Settings of the all-atom model.
#pragma once

namespace regrain::models::allatom {

struct Config {
  int channels = 128;           // of a residue, a multiple of 16
  int layers = 3;               // of messages
  int backbone_channels = 128;  // hidden ones of the backbone's network
  int neighbors = 24;           // residues that send to one
  double cutoff = 15;           // Angstrom between alpha carbons, no messages beyond
  int latent = 8;               // variables a residue; 0: chi angles are drawn bin by bin alone
  int bins = 36;                // of a chi angle's full turn
  int members = 1;              // sets of all these networks, which make a mixture
};

}  // namespace regrain::models::allatom
