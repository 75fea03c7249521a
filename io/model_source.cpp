#include "io/model_source.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/errors.hpp"
#include "io/gemmi_reader.hpp"
#include "io/line_source.hpp"
#include "io/residue_names.hpp"
#include "io/unit_cell.hpp"

namespace regrain::io {
namespace {

constexpr uint64_t kLargestCif = uint64_t{4} << 30;

std::string lower_extension(std::string path) {
  for (char& c : path) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (path.ends_with(".gz")) path.resize(path.size() - 3);
  const size_t dot = path.find_last_of("./");
  return dot == std::string::npos || path[dot] == '/' ? std::string() : path.substr(dot);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_atom_record(const std::string& line) {
  if (line.starts_with("HETATM")) return true;
  return line.starts_with("ATOM") && line.size() > 4 &&
         (line[4] == ' ' || std::isdigit(static_cast<unsigned char>(line[4])));
}

class PdbModels final : public ModelSource {
 public:
  PdbModels(const std::string& path, bool wide_residue_names) : lines_(path), wide_(wide_residue_names) {}

  bool next(RawModel& model) override {
    std::vector<PdbAtomLine> atoms;
    std::string line, label;
    std::optional<std::string> segment;     // of the atom before
    bool inside = false, any_line = false;  // inside: MODEL came and ENDMDL is due
    int part = 0;
    while (lines_.next(line)) {
      any_line = true;
      if (is_atom_record(line)) {
        atoms.push_back(read_atom(line, part, segment));
      } else if (line.starts_with("TER")) {
        ++part;
      } else if (line.starts_with("ENDMDL") || line == "END" || line.starts_with("END ")) {
        inside = false;
        if (!atoms.empty()) break;  // END alone separates the frames of some programs
      } else if (line.starts_with("MODEL") && (line.size() == 5 || line[5] == ' ')) {
        if (!atoms.empty()) {  // ENDMDL is missing
          inside = false;
          lines_.unread();
          break;
        }
        inside = true;
        label = std::string(trim(line.substr(5)));
        std::replace_if(
            label.begin(), label.end(), [](unsigned char c) { return c < 32 || c > 126; }, '?');
      } else if (atoms.empty() && (line.starts_with("data_") || line.starts_with("loop_"))) {
        complain("this is mmCIF, not PDB; name the file .cif");
      } else if (line.starts_with("CRYST1")) {
        box_ = read_cell(line);
      }
    }
    if (inside)
      fail(ErrorKind::input, lines_.path(), ":", lines_.line_number(), ": the file ends inside MODEL ", label,
           " without its ENDMDL, so it is cut short; fetch or write it again");
    if (atoms.empty()) {
      if (n_models_ == 0)
        fail(ErrorKind::input, lines_.path(), ": has no ATOM or HETATM record",
             any_line ? "; expected a PDB file: if it is mmCIF, name it .cif"
                      : ": the file is empty; expected a PDB file");
      return false;
    }
    ++n_models_;
    model.label = label.empty() ? std::to_string(n_models_) : label;
    model.atoms = parse_pdb_lines(atoms, lines_.path());
    model.box = box_;
    return true;
  }

 private:
  [[noreturn]] void complain(const std::string& what) {
    fail(ErrorKind::input, lines_.path(), ":", lines_.line_number(), ": ", what);
  }

  PdbAtomLine read_atom(const std::string& line, int& part, std::optional<std::string>& segment) {
    if (line.size() < 54)
      complain(concat("this atom's line ends after ", line.size(),
                      " characters; expected coordinates up to column 54: is the file cut short?"));
    PdbAtomLine atom{line, {}, lines_.line_number(), 0, 0, 0, 0};
    std::string& text = atom.text;
    text.resize(80, ' ');  // gemmi reads every column of a line it gets
    for (const char c : text)
      if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126)
        complain(
            "this atom's line holds a tab or another character that PDB columns can't; expected plain ASCII");
    atom.x = coordinate(text, 30);
    atom.y = coordinate(text, 38);
    atom.z = coordinate(text, 46);
    if (trim(std::string_view(text).substr(12, 4)).empty())
      complain("atom without a name; expected one in columns 13-16");
    check_residue_number(text);
    text.replace(78, 2, "  ");  // the charge, of no use here and often misused
    read_residue_name(atom);
    // a chain without a letter may still be told apart by CHARMM's segment
    std::string this_segment = text[21] == ' ' ? text.substr(72, 4) : std::string();
    if (segment && this_segment != *segment) ++part;
    segment = std::move(this_segment);
    text.replace(72, 4, "    ");
    if (text[0] == 'A') text.replace(4, 2, "  ");
    atom.part = part;
    return atom;
  }

  void read_residue_name(PdbAtomLine& atom) {
    std::string& text = atom.text;
    const std::string four(trim(std::string_view(text).substr(17, 4)));
    if (text[20] != ' ' && (wide_ || is_four_letter_residue(four))) {
      atom.residue_name = four;
      text[20] = ' ';
    }
    if (trim(std::string_view(text).substr(17, 3)).empty())
      complain("atom without a residue name; expected one in columns 18-20");
  }

  float coordinate(const std::string& text, size_t column) {
    const std::string_view field = trim(std::string_view(text).substr(column, 8));
    double value = 0;
    const char* first = field.data() + (field.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(first, field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value) ||
        std::fabs(value) > 1e8)
      complain(concat("columns ", column + 1, "-", column + 8, " hold '", text.substr(column, 8),
                      "'; expected a coordinate in Angstrom: correct or remove this atom"));
    return static_cast<float>(value);
  }

  void check_residue_number(const std::string& text) {
    const std::string_view field = trim(std::string_view(text).substr(22, 4));
    const auto [end, error] = [&] {
      int ignored = 0;
      return std::from_chars(field.data(), field.data() + field.size(), ignored);
    }();
    const bool decimal = error == std::errc() && end == field.data() + field.size();
    const bool hybrid =
        field.size() == 4 && std::isalpha(static_cast<unsigned char>(field[0])) &&
        std::all_of(field.begin(), field.end(), [](unsigned char c) { return std::isalnum(c); });
    if (!decimal && !hybrid)
      complain(concat("columns 23-26 hold '", text.substr(22, 4), "'; expected the number of a residue"));
  }

  static std::array<float, 9> read_cell(std::string line) {
    line.resize(80, ' ');
    double values[6] = {};
    const size_t start[] = {6, 15, 24, 33, 40, 47}, width[] = {9, 9, 9, 7, 7, 7};
    for (size_t i = 0; i < 6; ++i) {
      const std::string_view field = trim(std::string_view(line).substr(start[i], width[i]));
      std::from_chars(field.data(), field.data() + field.size(), values[i]);  // unreadable: 0, no cell
    }
    return box_of_entry({values[0], values[1], values[2], values[3], values[4], values[5]});
  }

  LineSource lines_;
  bool wide_;
  int n_models_ = 0;
  std::array<float, 9> box_{};
};

class CifModels final : public ModelSource {
 public:
  explicit CifModels(const std::string& path) : models_(parse_cif(read_text(path, kLargestCif), path)) {}

  bool next(RawModel& model) override {
    if (next_ == models_.size()) return false;
    model = std::move(models_[next_++]);
    return true;
  }

 private:
  std::vector<RawModel> models_;
  size_t next_ = 0;
};

}  // namespace

bool has_cif_extension(const std::string& path) {
  const std::string extension = lower_extension(path);
  return extension == ".cif" || extension == ".mmcif";
}

bool has_structure_extension(const std::string& path) {
  const std::string extension = lower_extension(path);
  return extension == ".pdb" || extension == ".ent" || has_cif_extension(path);
}

std::unique_ptr<ModelSource> open_models(const std::string& path, bool wide_residue_names) {
  const bool cif = has_structure_extension(path) ? has_cif_extension(path) : looks_like_cif(path);
  if (cif) return std::make_unique<CifModels>(path);
  return std::make_unique<PdbModels>(path, wide_residue_names);
}

}  // namespace regrain::io
