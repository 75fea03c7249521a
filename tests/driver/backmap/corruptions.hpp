// What disks, editors and scripts do to files: one change of bytes, or of the lines and fields of a PDB or mmCIF file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "tests/io/test_files.hpp"

namespace regrain::backmap_test {

using io::Draws;
using Lines = std::vector<std::string>;

enum class Text { pdb, cif };

// A field of an atom's line: columns of PDB, words of the mmCIF that regrain writes, and what it may come to hold.
struct Field {
  std::size_t column, width, word;
  std::vector<std::string> values;
};

inline const std::vector<Field>& fields() {
  static const std::vector<std::string> numbers{"nan",      "inf",      "-inf",     "1e30",     "-1e30", "1e-320", "1e999", "99999999", "-9999999",
                                                "********", "0x10",     "1,5",      "1.2.3",    "--1",   "1e5",    "9999.999", "-1.0",  "0.000", "?"};
  static const std::vector<Field> all{
      {12, 4, 18, {" CB", " CA", "CA", " C", "", "HA", "1H", "CA'", "ZN"}},
      {16, 1, 4, {"A", "B", "?", "1"}},
      {17, 3, 16, {"UNK", "XYZ", "HOH", "NA", "ACE", "DG", "MSE", "HSD", "PTR", "ala", "", "GLY", "A'B"}},
      {21, 1, 17, {"B", "C", "", "7", "?", "\"", "'"}},
      {22, 4, 15, {"1", "-1", "9999", "0", "A000", "abcd", "99999999999", "2147483647", "-2147483648", "1.5", "-999", ""}},
      {26, 1, 9, {"A", "Z", "?", "'", "1"}},
      {30, 8, 10, numbers},
      {38, 8, 11, numbers},
      {46, 8, 12, numbers},
      {54, 6, 13, {"nan", "-1", "1e30", "0", "x"}},
      {76, 2, 2, {"H", "CA", "ZN", "??", "D", ""}}};
  return all;
}

inline bool is_atom(const std::string& line) { return line.starts_with("ATOM") || line.starts_with("HETATM"); }

inline void set_field(std::string& line, const Field& field, const std::string& value, Text text) {
  if (text == Text::pdb) {
    if (line.size() < field.column + field.width) return;
    const bool left = field.column == 12;
    std::string put = value.substr(0, field.width);
    put.insert(left ? put.size() : 0, field.width - put.size(), ' ');
    line.replace(field.column, field.width, put);
    return;
  }
  std::istringstream words(line);
  Lines all{std::istream_iterator<std::string>(words), {}};
  if (all.size() <= field.word) return;
  const std::size_t first = value.find_first_not_of(' ');
  all[field.word] = first == std::string::npos ? "." : value.substr(first);
  line.clear();
  for (const std::string& word : all) line += (line.empty() ? "" : " ") + word;
}

// One field of one atom, of all, or of those from one on.
inline void change_fields(Lines& lines, Draws& draws, Text text) {
  const Field& field = fields()[draws.below(fields().size())];
  const std::string& value = field.values[draws.below(field.values.size())];
  const std::size_t kind = draws.below(4), from = draws.below(lines.size());
  for (std::size_t i = kind == 1 ? 0 : from; i < lines.size(); ++i) {
    if (!is_atom(lines[i])) continue;
    set_field(lines[i], field, value, text);
    if (kind > 1) break;
  }
}

// All coordinates the same, in nanometres, far away, or too large for the columns.
inline void change_coordinates(Lines& lines, Draws& draws, Text text) {
  const double factors[] = {0, 0.1, 10, 100, 1e6, -1, 0.6}, shifts[] = {0, 0, 0, 1e4, -5e3, 3e5};
  const double factor = factors[draws.below(7)], shift = shifts[draws.below(6)];
  for (std::string& line : lines) {
    if (!is_atom(line)) continue;
    for (std::size_t k = 6; k < 9; ++k) {
      const Field& f = fields()[k];
      std::istringstream words(text == Text::pdb && line.size() > 54 ? line.substr(f.column, f.width) : line);
      std::string word;
      for (std::size_t w = 0; w <= (text == Text::pdb ? 0 : f.word); ++w) words >> word;
      char value[40];
      std::snprintf(value, sizeof value, "%.*f", text == Text::pdb ? 2 : 3, factor * std::strtod(word.c_str(), nullptr) + shift);
      set_field(line, f, value, text);
    }
  }
}

inline void change_lines(Lines& lines, Draws& draws) {
  static const Lines records{"TER",    "MODEL        3", "ENDMDL", "END",  "CRYST1  1e300   40.000   nan    90.00  90.00  90.00 P 1",
                             "data_x", "loop_",          "HETATM", "ATOM", "CRYST199999999999999999.0  40.000  90.00  90.00  90.00 P 1",
                             ";",      "#",              "",       "_atom_site.x", "_cell.length_a 1e30"};
  const std::size_t at = draws.below(lines.size()), other = draws.below(lines.size());
  std::string& line = lines[at];
  switch (draws.below(11)) {
    case 0: lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at)); break;
    case 1: lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(other), std::string(line)); break;
    case 2: line.resize(draws.below(line.size() + 1)); break;
    case 3: std::swap(line, lines[other]); break;
    case 4: line.insert(draws.below(line.size() + 1), 1, ' '); break;
    case 5: line.erase(draws.below(line.size() + 1), 1); break;
    case 6: lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), records[draws.below(records.size())]); break;
    case 7: std::rotate(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(at), lines.end() - static_cast<std::ptrdiff_t>(draws.below(lines.size() - at))); break;
    case 8: if (is_atom(line)) line.replace(0, line.starts_with("ATOM  ") ? 6 : 4, "HETATM"); break;
    case 9: line.append(draws.below(3) * 4000, 'x'); break;
    default: std::replace(line.begin(), line.end(), ' ', '\t');
  }
}

inline std::string corrupt_bytes(std::string bytes, Draws& draws) {
  static constexpr std::uint32_t kWords[] = {0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 0x0000c07f, 0x7fc00000, 0x7f800000, 0x7149f2ca, 0xcaf24971};
  if (bytes.empty()) return bytes;
  const std::size_t at = draws.below(bytes.size());
  switch (draws.below(7)) {
    case 0: bytes.resize(at); break;
    case 1: bytes[at] = static_cast<char>(draws.bits()); break;
    case 2: bytes[at] = static_cast<char>(bytes[at] ^ (1 << draws.below(8))); break;
    case 3: {  // limits of integers, nan, infinity and 1e30 in either byte order
      const std::uint32_t word = kWords[draws.below(std::size(kWords))];
      if (at / 4 * 4 + 4 <= bytes.size()) std::memcpy(bytes.data() + at / 4 * 4, &word, 4);
      break;
    }
    case 4: bytes.insert(at, bytes.substr(draws.below(bytes.size()), draws.below(120))); break;
    case 5: bytes.erase(at, draws.below(120)); break;
    default: bytes[at] = '\0';
  }
  return bytes;
}

inline std::string corrupt_text(const std::string& bytes, Draws& draws, Text text) {
  const std::size_t kind = draws.below(10);
  if (kind == 0 || bytes.empty()) return corrupt_bytes(bytes, draws);
  Lines lines;
  std::istringstream stream(bytes);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  if (lines.empty()) return bytes;
  if (kind < 5) change_fields(lines, draws, text);
  else if (kind == 5) change_coordinates(lines, draws, text);
  else change_lines(lines, draws);
  const char* end = draws.below(12) == 0 ? "\r\n" : "\n";
  std::string out;
  for (const std::string& line : lines) out += line + end;
  return out;
}

}  // namespace regrain::backmap_test
