// Proteins as stage 2 sees them: types, atoms by slot, and the backbone of them.
#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "engine/tensor.hpp"
#include "io/structure.hpp"
#include "models/allatom/side_chain_templates.hpp"

namespace regrain::test {

template <class T>
struct ResidueAtoms {
  Tensor<int> type_R;
  Tensor<T> atoms_R14_3;  // NaN where the file has no atom
  Tensor<T> backbone_R43;

  int n() const { return type_R.dim(0); }
};

template <class T = float>
ResidueAtoms<T> residue_atoms(const io::Topology& topology, const io::Frame& frame) {
  namespace allatom = models::allatom;
  const int n = topology.n_residues();
  ResidueAtoms<T> r{Tensor<int>({n}), Tensor<T>({n, 14, 3}), Tensor<T>({n, 4, 3})};
  std::fill(r.atoms_R14_3.begin(), r.atoms_R14_3.end(), std::numeric_limits<T>::quiet_NaN());
  for (int i = 0; i < n; ++i) {
    const io::Residue& residue = topology.residues[static_cast<std::size_t>(i)];
    const int type = allatom::type_of_residue(residue.name);
    r.type_R[static_cast<std::size_t>(i)] = type;
    for (int a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a) {
      const int slot = allatom::slot_of_atom(type, topology.atoms[static_cast<std::size_t>(a)].name);
      if (slot < 0) continue;
      for (int k = 0; k < 3; ++k)
        r.atoms_R14_3[static_cast<std::size_t>((i * 14 + slot) * 3 + k)] =
            static_cast<T>(frame.xyz_A3[static_cast<std::size_t>(3 * a + k)]);
    }
    std::copy_n(r.atoms_R14_3.data() + i * 42, 12, r.backbone_R43.data() + i * 12);
  }
  return r;
}

}  // namespace regrain::test
