#include "io/gemmi_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <gemmi/cif.hpp>
#include <gemmi/numb.hpp>
#include <gemmi/pdb.hpp>
#include <string_view>
#include <utility>

#include "engine/errors.hpp"
#include "io/hybrid36.hpp"
#include "io/unit_cell.hpp"

namespace regrain::io {
namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool element_given(const std::string& line) {
  return std::isalpha(static_cast<unsigned char>(line[76])) ||
         std::isalpha(static_cast<unsigned char>(line[77]));
}

// --- mmCIF ---------------------------------------------------------------------------------------

// Columns of _atom_site; "?" marks those that may be missing.
enum Column {
  kX,
  kY,
  kZ,
  kName,
  kResidue,
  kAuthName,
  kAuthResidue,
  kAuthChain,
  kLabelChain,
  kAuthNumber,
  kLabelNumber,
  kInsertion,
  kAltloc,
  kGroup,
  kElement,
  kOccupancy,
  kModel,
  kNumColumns
};

gemmi::cif::Table atom_table(gemmi::cif::Block& block) {
  return block.find("_atom_site.", {"Cartn_x", "Cartn_y", "Cartn_z", "label_atom_id", "label_comp_id",
                                    "?auth_atom_id", "?auth_comp_id", "?auth_asym_id", "?label_asym_id",
                                    "?auth_seq_id", "?label_seq_id", "?pdbx_PDB_ins_code", "?label_alt_id",
                                    "?group_PDB", "?type_symbol", "?occupancy", "?pdbx_PDB_model_num"});
}

// One row of the table, with the words for complaining about it.
class AtomRow {
 public:
  AtomRow(const gemmi::cif::Table::Row& row, const std::string& path, int64_t line)
      : row_(row), path_(path), line_(line) {}

  std::string text(Column column) const {
    const std::string value = row_.has2(column) ? row_.str(column) : std::string();
    if (std::any_of(value.begin(), value.end(), is_control)) complain(column, value, "one word in one line");
    return value;
  }
  std::string text(Column first, Column second) const { return text(row_.has2(first) ? first : second); }
  char letter(Column column) const {
    const std::string value = text(column);
    if (value.size() > 1) complain(column, value, "one character");
    return value.empty() ? ' ' : value[0];
  }
  float coordinate(Column column) const {
    const std::string& value = row_[column];
    const double number = gemmi::cif::as_number(value);
    if (!std::isfinite(number) || std::fabs(number) > 1e8)
      complain(column, value, "a finite number in Angstrom");
    return static_cast<float>(number);
  }
  int residue_number() const {
    const std::string value = text(kAuthNumber, kLabelNumber);
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size())
      complain(kAuthNumber, value, "an integer");
    return number;
  }

 private:
  static bool is_control(unsigned char c) { return std::iscntrl(c) != 0; }
  [[noreturn]] void complain(Column column, std::string value, const char* expected) const {
    std::replace_if(value.begin(), value.end(), is_control, ' ');  // a message is one line
    static constexpr const char* kNames[] = {
        "Cartn_x",      "Cartn_y",           "Cartn_z",      "label_atom_id", "label_comp_id",
        "auth_atom_id", "auth_comp_id",      "auth_asym_id", "label_asym_id", "auth_seq_id",
        "label_seq_id", "pdbx_PDB_ins_code", "label_alt_id", "group_PDB",     "type_symbol",
        "occupancy",    "pdbx_PDB_model_num"};
    fail(ErrorKind::input, path_, ":", line_, ": _atom_site.", kNames[column], " is '", value.substr(0, 40),
         "'; expected ", expected, ": correct or remove this atom");
  }

  const gemmi::cif::Table::Row& row_;
  const std::string& path_;
  int64_t line_;
};

RawAtom read_row(const gemmi::cif::Table::Row& cells, const std::string& path, int64_t line) {
  const AtomRow row(cells, path, line);
  RawAtom atom;
  atom.line = line;
  atom.name = row.text(kAuthName, kName);
  atom.residue_name = row.text(kAuthResidue, kResidue);
  atom.chain = row.text(kAuthChain, kLabelChain);
  atom.element = upper(row.text(kElement));
  atom.number = row.residue_number();
  atom.insertion = row.letter(kInsertion);
  atom.altloc = row.letter(kAltloc);
  atom.het = row.text(kGroup) == "HETATM";
  if (cells.has2(kOccupancy)) {
    const double occupancy = gemmi::cif::as_number(cells[kOccupancy]);
    atom.occupancy = std::isfinite(occupancy) ? static_cast<float>(occupancy) : 0;
  }
  atom.xyz = {row.coordinate(kX), row.coordinate(kY), row.coordinate(kZ)};
  if (atom.name.empty() || atom.residue_name.empty())
    fail(ErrorKind::input, path, ":", line, ": the atom or its residue has no name; expected both");
  return atom;
}

std::array<float, 9> read_cell(const gemmi::cif::Block& block) {
  const char* tags[] = {"_cell.length_a",    "_cell.length_b",   "_cell.length_c",
                        "_cell.angle_alpha", "_cell.angle_beta", "_cell.angle_gamma"};
  double values[6] = {};
  for (int i = 0; i < 6; ++i)
    if (const std::string* value = block.find_value(tags[i])) values[i] = gemmi::cif::as_number(*value);
  return box_of_entry({values[0], values[1], values[2], values[3], values[4], values[5]});
}

}  // namespace

std::vector<RawAtom> parse_pdb_lines(std::vector<PdbAtomLine>& lines, const std::string& path) {
  // gemmi gathers atoms by residue; a serial number that is the line's index brings the order back
  std::string text;
  text.reserve(lines.size() * 81);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string serial = hybrid36(static_cast<int64_t>(i), 5);
    if (serial.empty())
      fail(ErrorKind::input, path, ":", lines[i].line, ": model of more than ", i,
           " atoms; give it as mmCIF");
    lines[i].text.replace(6, 5, serial);
    text += lines[i].text;
    text += '\n';
  }
  gemmi::Structure structure;
  try {
    structure = gemmi::read_pdb_from_memory(text.data(), text.size(), path);
  } catch (const std::exception& error) {
    fail(ErrorKind::input, path, ": model starting at line ", lines.empty() ? 0 : lines[0].line, ": ",
         error.what());
  }
  std::vector<RawAtom> atoms(lines.size());
  size_t n_found = 0;
  for (gemmi::Model& model : structure.models)
    for (gemmi::Chain& chain : model.chains)
      for (gemmi::Residue& residue : chain.residues)
        for (gemmi::Atom& parsed : residue.atoms) {
          const size_t i = static_cast<size_t>(parsed.serial);
          REGRAIN_CHECK(i < atoms.size() && atoms[i].line == 0, path, ": gemmi returned serial ",
                        parsed.serial);
          RawAtom& atom = atoms[i];
          atom.name = std::move(parsed.name);
          atom.residue_name = lines[i].residue_name.empty() ? residue.name : lines[i].residue_name;
          atom.chain = chain.name;
          if (element_given(lines[i].text)) atom.element = upper(parsed.element.name());
          atom.number = residue.seqid.num.value;
          atom.insertion = residue.seqid.icode;
          atom.altloc = parsed.altloc == '\0' ? ' ' : parsed.altloc;
          atom.het = lines[i].text[0] == 'H';
          atom.occupancy = std::isfinite(parsed.occ) ? parsed.occ : 0;
          atom.xyz = {lines[i].x, lines[i].y, lines[i].z};
          atom.part = lines[i].part;
          atom.line = lines[i].line;
          ++n_found;
        }
  REGRAIN_CHECK(n_found == atoms.size(), path, ": gemmi returned ", n_found, " of ", atoms.size(), " atoms");
  return atoms;
}

std::vector<RawModel> parse_cif(const std::string& text, const std::string& path) {
  gemmi::cif::Document document;
  try {
    document = gemmi::cif::read_memory(text.data(), text.size(), path.c_str());
  } catch (const std::exception& error) {
    fail(ErrorKind::input, error.what(),
         "; expected mmCIF: is the file complete?");  // begins with path:line:column
  }
  std::vector<RawModel> models;
  for (gemmi::cif::Block& block : document.blocks) {
    gemmi::cif::Table table = atom_table(block);
    if (!table.ok()) continue;
    const std::array<float, 9> box = read_cell(block);
    int64_t line = 0;
    if (table.loop_item)  // as every program writes them: one tag a line, then one atom a line
      line = table.loop_item->line_number + static_cast<int64_t>(table.loop_item->loop.tags.size());
    std::string last_part, last_model;
    int part = 0;
    for (const auto& row : table) {
      ++line;
      RawAtom atom = read_row(row, path, line);
      std::string model = AtomRow(row, path, line).text(kModel);
      if (model.empty()) model = "1";
      if (models.empty() || model != last_model) {
        models.push_back({model, {}, box});
        last_model = std::move(model);
        part = 0;
        last_part.clear();
      }
      std::string label_chain = row.has2(kLabelChain) ? row.str(kLabelChain) : std::string();
      if (label_chain != last_part) {
        ++part;
        last_part = std::move(label_chain);
      }
      atom.part = part;
      models.back().atoms.push_back(std::move(atom));
    }
    break;  // one structure a file: the first that has atoms
  }
  if (models.empty())
    fail(ErrorKind::input, path, ": has no _atom_site loop with names and Cartn_x, Cartn_y, Cartn_z; ",
         "expected an mmCIF coordinate file");
  return models;
}

}  // namespace regrain::io
