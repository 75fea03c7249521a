// Where hydrogens stand, from heavy atoms alone and by ideal geometry.
//
// What heavy neighbours fix is placed first. Hydroxyls and thiols turn freely: each then takes the best of two or three
// staggered torsions against all that is there, in the order of the residues, so that a structure gives one answer. It
// turns with the molecule; a mirror image, which is no protein, has its methylene numbers exchanged.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/backend.hpp"
#include "models/allatom/hydrogens.hpp"

namespace regrain::models::allatom {

// A Hydrogen of a structure: atoms in place of slots.
struct HydrogenSite {
  HydrogenKind kind = HydrogenKind::methine;
  int number = 0;
  double length = 0;  // Angstrom
  int parent = 0;     // heavy atom
  std::array<int, kHydrogenReferences> reference{-1, -1, -1, -1};  // heavy atoms
};

// References that a kind reads: the first so many.
int references_of(HydrogenKind kind);

class HydrogenPlacement {
 public:
  // (A) classes of the heavy atoms, (H) hydrogens. Throws Error(internal) on an atom that isn't there.
  HydrogenPlacement(std::vector<kernels::AtomClass> heavy, std::vector<HydrogenSite> sites);

  int n_hydrogens() const { return static_cast<int>(sites_.size()); }
  // hydrogen_H3 from heavy_A3, Angstrom. A peptide H whose residue isn't bonded to the one before (CA further apart than
  // kBondedBelow) stands as if phi were -120 degrees. Finite for any finite coordinates. Memory is kept between calls.
  void place(Cpu be, const float* heavy_A3, float* hydrogen_H3);

 private:
  struct Cell {
    std::int64_t key;
    int atom;
    auto operator<=>(const Cell&) const = default;
  };
  // An atom near one that turns: how near it may be, and whether it takes a hydrogen bond.
  struct Near {
    double xyz[3];
    double allowed;
    bool acceptor;
  };

  void fill_cells(const float* heavy_A3);
  void find_near(const float* heavy_A3, const float* hydrogen_H3, int parent);
  double cost(const double* xyz) const;

  std::vector<kernels::AtomClass> heavy_;
  std::vector<HydrogenSite> sites_;
  std::vector<int> turning_;                  // sites that turn freely
  std::vector<int> first_of_, hydrogen_of_;  // those of heavy atom a: hydrogen_of_[first_of_[a]] .. [first_of_[a + 1]]
  std::vector<int> placed_;                   // 1: stands already, by site
  std::vector<Cell> cells_;
  std::vector<Near> near_;
  double low_[3] = {}, cell_size_ = 1;
};

}  // namespace regrain::models::allatom
