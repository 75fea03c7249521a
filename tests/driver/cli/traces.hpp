// Traces that programs of these tests are given, and metrics they print.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/driver/cli/program.hpp"

namespace regrain::cli_test {

// Lines of a PDB file with alpha carbons, 3.8 Angstrom apart along x unless told otherwise.
inline std::string trace(int n, double step = 3.8, const char* name = "LEU", double beside = 0) {
  std::string text;
  char line[100];
  for (int i = 0; i < n; ++i) {
    std::snprintf(line, sizeof line, "ATOM  %5d  CA  %s A%4d    %8.3f%8.3f%8.3f  1.00  0.00           C\n", i + 1, name, i + 1, step * i,
                  beside * (i % 2), 0.0);
    text += line;
  }
  return text + "END\n";
}

inline double metric(const nlohmann::json& found, const std::string& name) {
  for (const nlohmann::json& m : found.at("metrics"))
    if (m.at("name") == name) return m.at("value");
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

}  // namespace regrain::cli_test
