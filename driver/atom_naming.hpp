// Names and order of atoms as force fields have them, for what is written.
//
// pdb      as the PDB (version 3): heavy atoms, then hydrogens.
// amber    as AMBER's residue libraries: PDB names, every hydrogen behind its atom, C and O last; HID, HIE, HIP, CYX.
// charmm   as CHARMM's and NAMD's topologies, which GROMACS's CHARMM force fields read too: HN, HT1-3, OT1 and OT2, ILE
//          CD, HG1 of SER and CYS, HB1 and HB2 for HB3 and HB2; the amide hydrogens of ASN and GLN the other way round,
//          since charges tell them apart; HSD, HSE, HSP. PRO begins a chain with HN1 and HN2, which GROMACS calls H1, H2.
// gromacs  as GROMACS's AMBER force fields: AMBER's order; ILE CD, OC1 and OC2, HB1 and HB2 as above; HISD, HISE, HISH.
//          pdb2gmx finds disulfides itself.
//
// Checked with pdb2gmx of GROMACS 2022.5: amber99sb-ildn takes gromacs and charmm27 takes charmm, all residues at either
// end of a chain and inside, but for the PRO above.
//
// Every naming is read back: io/residue_names.hpp. SEP and TPO keep the PDB's names and residue names; CHARMM makes
// them by patches.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/allatom/hydrogens.hpp"

namespace regrain::driver {

enum class Naming { pdb, amber, charmm, gromacs };

// Throws Error(usage) naming the possible ones.
Naming naming_of(const std::string& name);

// A residue as namings tell it apart.
struct NamedResidue {
  models::allatom::ResidueForm form;
  bool last = false;  // of its chain, with both oxygens
};

std::string residue_name(Naming naming, const NamedResidue& residue);
// `atom` by its PDB name.
std::string heavy_atom_name(Naming naming, const NamedResidue& residue, std::string_view atom);
std::string hydrogen_name(Naming naming, const NamedResidue& residue, const models::allatom::Hydrogen& hydrogen);
// Heavy atoms as the force field orders them, by slot; each is followed by its hydrogens in alphabetical order. Empty
// for the PDB.
std::vector<int> heavy_atom_order(Naming naming, const NamedResidue& residue);

}  // namespace regrain::driver
