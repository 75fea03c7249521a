// The models of a structure file, one after another, with memory for one model (mmCIF: the file).
#pragma once

#include <memory>
#include <string>

#include "io/raw_model.hpp"

namespace regrain::io {

class ModelSource {
 public:
  virtual ~ModelSource() = default;
  // False after the last model. A file without any atom throws Error(input) on the first call.
  virtual bool next(RawModel& model) = 0;
};

// PDB or mmCIF, plain or gzipped: by the extension, by the content where that doesn't tell.
// wide_residue_names: columns 18-21 are the residue's name and column 22 the chain (bead files);
// otherwise column 21 belongs to the chain, as in large structures.
std::unique_ptr<ModelSource> open_models(const std::string& path, bool wide_residue_names);

// True for the extensions of structure files (.pdb .ent .cif .mmcif, each also with .gz).
bool has_structure_extension(const std::string& path);
bool has_cif_extension(const std::string& path);

}  // namespace regrain::io
