#include "io/structure.hpp"

#include <utility>

#include "engine/errors.hpp"
#include "io/clean_model.hpp"
#include "io/model_source.hpp"
#include "io/trajectory.hpp"

namespace regrain::io {

void ReadReport::add(const ReadReport& other) {
  for (int ReadReport::* count :
       {&ReadReport::models, &ReadReport::hydrogens_dropped, &ReadReport::altlocs_dropped, &ReadReport::waters_dropped,
        &ReadReport::hetatms_dropped, &ReadReport::caps_dropped, &ReadReport::unknown_dropped,
        &ReadReport::mse_converted, &ReadReport::residues_renamed, &ReadReport::atoms_renamed})
    this->*count += other.*count;
  for (const auto& [name, count] : other.residues_dropped) residues_dropped[name] += count;
}

std::string ReadReport::summary() const {
  std::string text;
  const auto add = [&text](int count, const char* what) {
    if (count > 0) text += concat(text.empty() ? "" : ", ", count, " ", what);
  };
  add(hydrogens_dropped, "hydrogens dropped");
  add(altlocs_dropped, "atoms of other altlocs dropped");
  add(waters_dropped, "water atoms dropped");
  add(hetatms_dropped, "atoms of ligands and ions dropped");
  add(caps_dropped, "atoms of terminal caps dropped");
  add(unknown_dropped, "atoms of unknown residues dropped");
  add(mse_converted, "MSE read as MET");
  add(residues_renamed, "residues renamed");
  add(atoms_renamed, "atoms renamed");
  std::string names;
  for (const auto& [name, count] : residues_dropped) names += concat(names.empty() ? "" : " ", name);
  if (!names.empty()) text += " (left out: " + names + ")";
  return text;
}

Structure read_structure(const std::string& path, const ReadOptions& options) {
  const std::unique_ptr<ModelSource> source = open_models(path, options.beads);
  Structure structure;
  RawModel raw;
  while ((options.max_models == 0 || structure.report.models < options.max_models) && source->next(raw)) {
    ReadReport later;  // only the first model's is told
    const int index = structure.report.models;
    CleanModel model = clean_model(raw, path, options, index == 0 ? structure.report : later);
    model.frame.time = index;
    model.frame.step = index;
    if (index == 0) {
      structure.topology = std::move(model.topology);
      structure.source_A = std::move(model.source_A);
      structure.n_source_atoms = static_cast<int>(raw.atoms.size());
    } else {
      check_same_atoms(structure.topology, model.topology, path, raw.label);
    }
    structure.frames.push_back(std::move(model.frame));
    ++structure.report.models;
  }
  return structure;
}

void write_structure(const std::string& path, const Topology& topology, const std::vector<Frame>& frames,
                     const WriteOptions& options) {
  if (!has_structure_extension(path))
    fail(ErrorKind::usage, path, ": is no name of a structure file; expected .pdb, .ent, .cif or .mmcif");
  if (frames.empty()) fail(ErrorKind::usage, path, ": there is no frame to write; expected at least one");
  TrajectoryWriter writer =
      TrajectoryWriter::open(path, topology, options, static_cast<int64_t>(frames.size()));
  for (const Frame& frame : frames) writer.write(frame);
  writer.close();
}

}  // namespace regrain::io
