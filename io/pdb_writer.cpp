// PDB output. The text of a model is laid out once; for each frame only the coordinates' columns change.
#include <cstdio>
#include <string>
#include <vector>

#include "engine/errors.hpp"
#include "io/atomic_file.hpp"
#include "io/frame_source.hpp"
#include "io/hybrid36.hpp"
#include "io/unit_cell.hpp"

namespace regrain::io {
namespace {

constexpr const char* kUseCif = "; write mmCIF (.cif), which has no such limit";

class PdbWriter final : public FrameSink {
 public:
  PdbWriter(const std::string& path, const Topology& topology, const WriteOptions& options, int64_t n_frames)
      : file_(path, options.force), with_models_(n_frames != 1) {
    for (const std::string& remark : options.remarks) file_.write("REMARK   1 " + remark + "\n");
    lay_out(topology);
    if (options.connect_beads) lay_out_bonds(topology);
  }

  void write(const Frame& frame) override {
    if (index_ == 0 && has_box(frame.box)) {
      const UnitCell cell = cell_of_box(frame.box);
      for (const double side : {cell.a, cell.b, cell.c})
        if (side >= 99999.9995)
          fail(ErrorKind::output, file_.path(), ": frame ", index_, " (counted from 0): its cell is ", side,
               " Angstrom long; PDB columns hold 99999.999: check the cell of the input", kUseCif);
      char line[96];
      std::snprintf(line, sizeof line, "CRYST1%9.3f%9.3f%9.3f%7.2f%7.2f%7.2f P 1           1\n", cell.a,
                    cell.b, cell.c, cell.alpha, cell.beta, cell.gamma);
      file_.write(line);
    }
    for (size_t a = 0; a < columns_A_.size(); ++a)
      for (size_t k = 0; k < 3; ++k) {
        char field[64];
        const int width = std::snprintf(field, sizeof field, "%8.3f", double(frame.xyz_A3[a * 3 + k]));
        if (width != 8)
          fail(
              ErrorKind::output, file_.path(), ": frame ", index_, " (counted from 0): atom ", a,
              " has the coordinate ", frame.xyz_A3[a * 3 + k],
              " Angstrom; PDB columns hold -999.999 to 9999.999: centre the molecule, or write mmCIF (.cif)");
        model_.replace(columns_A_[a] + 8 * k, 8, field, 8);
      }
    ++index_;
    if (with_models_) {
      char line[32];
      std::snprintf(line, sizeof line, "MODEL %8lld\n", static_cast<long long>(index_));
      file_.write(line);
    }
    file_.write(model_);
    if (with_models_) file_.write("ENDMDL\n");
  }

  void close() override {
    file_.write(bonds_);
    file_.write("END\n");
    file_.commit();
  }

 private:
  std::string column(const std::string& text, size_t width, const char* what, const std::string& where) {
    if (text.size() > width)
      fail(ErrorKind::output, file_.path(), ": ", what, " '", text, "' of ", where, " is longer than the ",
           width, " columns that PDB has for it", kUseCif);
    return text + std::string(width - text.size(), ' ');
  }

  std::string number(int64_t value, int width, const char* what, const std::string& where) {
    const std::string text = hybrid36(value, width);
    if (text.empty())
      fail(ErrorKind::output, file_.path(), ": the ", what, " ", value, " of ", where, " doesn't fit into ",
           width, " columns of PDB", kUseCif);
    return text;
  }

  // one-letter elements start in the second column of the name, so that CA is no calcium
  static std::string aligned_name(const Atom& atom) {
    const bool two_letters = atom.element.size() == 2 && atom.name.starts_with(atom.element);
    return atom.name.size() >= 4 || two_letters ? atom.name : " " + atom.name;
  }

  void lay_out(const Topology& topology) {
    for (int r = 0; r < topology.n_residues(); ++r) {
      const Residue& residue = topology.residues[static_cast<size_t>(r)];
      const Chain& chain = topology.chains[static_cast<size_t>(residue.chain)];
      const std::string where = "residue " + topology.residue_label(r);
      // columns 17-27: altloc, name (right-aligned in 18-20; a fourth letter goes to 21), chain, number,
      // insertion
      const std::string name = column(residue.name, 4, "the name", where);
      const std::string place =
          " " +
          (residue.name.size() < 4 ? std::string(3 - residue.name.size(), ' ') + residue.name + " " : name) +
          column(chain.id, 1, "the chain", where) + number(residue.number, 4, "number", where) +
          residue.insertion;
      for (int a = residue.first_atom; a < residue.first_atom + residue.n_atoms; ++a) {
        const Atom& atom = topology.atoms[static_cast<size_t>(a)];
        const std::string element = atom.element == "X" || atom.element.size() > 2 ? "" : atom.element;
        serials_A_.push_back(number(++serial_, 5, "serial number of an atom", where));
        model_ += "ATOM  " + serials_A_.back() + " " + column(aligned_name(atom), 4, "the atom name", where);
        model_ += place + "   ";
        columns_A_.push_back(model_.size());
        model_ += std::string(24, ' ') + "  1.00  0.00          " + std::string(2 - element.size(), ' ') +
                  element + "  \n";
      }
      if (r + 1 == chain.first_residue + chain.n_residues)
        model_ += "TER   " + number(++serial_, 5, "serial number", where) + "     " + place + "\n";
    }
  }

  // consecutive residues of one particle each: viewers draw no bonds of 10 Angstrom by themselves
  void lay_out_bonds(const Topology& topology) {
    for (int r = 0; r + 1 < topology.n_residues(); ++r) {
      const Residue &a = topology.residues[static_cast<size_t>(r)],
                    &b = topology.residues[static_cast<size_t>(r) + 1];
      if (a.chain == b.chain && a.n_atoms == 1 && b.n_atoms == 1)
        bonds_ += "CONECT" + serials_A_[static_cast<size_t>(a.first_atom)] +
                  serials_A_[static_cast<size_t>(b.first_atom)] + "\n";
    }
  }

  AtomicFile file_;
  bool with_models_;
  std::string model_, bonds_;
  std::vector<size_t> columns_A_;  // where in model_ the coordinates of each atom stand
  std::vector<std::string> serials_A_;
  int64_t serial_ = 0, index_ = 0;
};

}  // namespace

std::unique_ptr<FrameSink> create_pdb(const std::string& path, const Topology& topology,
                                      const WriteOptions& options, int64_t n_frames) {
  return std::make_unique<PdbWriter>(path, topology, options, n_frames);
}

}  // namespace regrain::io
