// mmCIF output: one _atom_site loop, the models one after another.
#include <cstdio>
#include <string>

#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/frame_source.hpp"
#include "io/unit_cell.hpp"

namespace regrain::io {
namespace {

// A value as CIF wants it: quoted if it would read as something else.
std::string quoted(const std::string& value) {
  if (value.empty()) return ".";
  bool plain = value != "." && value != "?" && value.find_first_of("_#$'\"[];") != 0;
  for (const char* reserved : {"data_", "loop_", "save_", "stop_", "global_"})
    if (value.starts_with(reserved)) plain = false;
  if (plain && value.find_first_of(" '\"") == std::string::npos) return value;
  for (const char quote : {'\'', '"'})
    if (value.find(quote) == std::string::npos) return quote + value + quote;
  return "'" + value + "'";  // quotes inside are fine unless a space follows
}

// A, B, ... Z, AA, AB, ...: unique where the file's own letters may not be.
std::string chain_label(int index) {
  std::string label;
  for (int64_t i = index + 1; i > 0; i = (i - 1) / 26)
    label.insert(label.begin(), static_cast<char>('A' + (i - 1) % 26));
  return label;
}

class CifWriter final : public FrameSink {
 public:
  CifWriter(const std::string& path, const Topology& topology, const WriteOptions& options)
      : file_(path, options.force), topology_(topology), remarks_(options.remarks) {}

  void write(const Frame& frame) override {
    if (index_++ == 0) write_head(frame);
    char number[128];
    size_t a = 0;
    for (const Residue& residue : topology_.residues) {
      const Chain& chain = topology_.chains[static_cast<size_t>(residue.chain)];
      const std::string name = quoted(residue.name), label = chain_label(residue.chain),
                        id = quoted(chain.id);
      const int position = static_cast<int>(&residue - topology_.residues.data()) - chain.first_residue + 1;
      const std::string insertion =
          residue.insertion == ' ' ? "?" : quoted(std::string(1, residue.insertion));
      const std::string before =
          concat(" . ", name, " ", label, " ", residue.chain + 1, " ", position, " ", insertion);
      const std::string after = concat(" 1.00 0.00 ", residue.number, " ", name, " ", id, " ");
      for (const size_t end = a + static_cast<size_t>(residue.n_atoms); a < end; ++a) {
        const Atom& atom = topology_.atoms[a];
        const std::string atom_name = quoted(atom.name);
        const float* x = &frame.xyz_A3[a * 3];
        std::snprintf(number, sizeof number, " %.3f %.3f %.3f", double(x[0]), double(x[1]), double(x[2]));
        file_.write(concat("ATOM ", ++serial_, " ", quoted(atom.element), " ", atom_name, before, number,
                           after, atom_name, " ", index_, "\n"));
      }
    }
  }

  void close() override {
    file_.write("#\n");
    file_.commit();
  }

 private:
  void write_head(const Frame& frame) {
    for (const std::string& remark : remarks_) file_.write("# " + remark + "\n");
    file_.write("data_regrain\n#\n");
    if (has_box(frame.box)) {
      const UnitCell cell = cell_of_box(frame.box);
      file_.write(concat("_cell.length_a ", cell.a, "\n_cell.length_b ", cell.b, "\n_cell.length_c ", cell.c,
                         "\n_cell.angle_alpha ", cell.alpha, "\n_cell.angle_beta ", cell.beta,
                         "\n_cell.angle_gamma ", cell.gamma, "\n#\n"));
    }
    file_.write("loop_\n");
    for (const char* tag : {"group_PDB",      "id",
                            "type_symbol",    "label_atom_id",
                            "label_alt_id",   "label_comp_id",
                            "label_asym_id",  "label_entity_id",
                            "label_seq_id",   "pdbx_PDB_ins_code",
                            "Cartn_x",        "Cartn_y",
                            "Cartn_z",        "occupancy",
                            "B_iso_or_equiv", "auth_seq_id",
                            "auth_comp_id",   "auth_asym_id",
                            "auth_atom_id",   "pdbx_PDB_model_num"})
      file_.write(concat("_atom_site.", tag, "\n"));
  }

  AtomicFile file_;
  Topology topology_;
  std::vector<std::string> remarks_;
  int64_t index_ = 0, serial_ = 0;
};

}  // namespace

std::unique_ptr<FrameSink> create_cif(const std::string& path, const Topology& topology,
                                      const WriteOptions& options) {
  return std::make_unique<CifWriter>(path, topology, options);
}

}  // namespace regrain::io
