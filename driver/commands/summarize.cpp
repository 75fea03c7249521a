// regrain summarize: results of evaluate as one table, a row each.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "driver/commands/commands.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

namespace {

using nlohmann::json;

struct Column {
  const char* title;
  const char* baseline;  // of this baseline's metrics, or of the result's own where empty
  const char* metric;
  const char* or_metric = "";  // what a CA trace has in its place
};

constexpr Column kColumns[] = {{"RMSD", "", "rmsd"},
                               {"CA RMSD", "", "rmsd_ca"},
                               {"mean structure", "mean_structure", "rmsd"},
                               {"nearest frame", "nearest_frame", "rmsd"},
                               {"linear map", "linear_map", "rmsd"},
                               {"NGED", "", "nged", "trace_nged"},
                               {"residues clashing", "", "steric_clash_residues"},
                               {"overlaps per 100", "", "vdw_overlaps"},
                               {"of the truth", "", "truth_vdw_overlaps"},
                               {"bead shift", "", "bead_displacement_rms"}};

const json* find(const json& entries, const char* name) {
  for (const json& entry : entries)
    if (entry.at("name") == name) return &entry.at("value");
  return nullptr;
}

std::string cell(const json& result, const Column& column) {
  const json none = json::array();
  const json& entries = !*column.baseline ? result.at("metrics")
                        : result.at("baselines").contains(column.baseline) ? result.at("baselines").at(column.baseline)
                                                                           : none;
  const json* value = find(entries, column.metric);
  if (!value && *column.or_metric) value = find(entries, column.or_metric);
  if (!value) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value->get<double>());
  return text;
}

void run(const std::vector<std::string>& files) {
  std::vector<std::vector<std::string>> rows{{"result", "frames x samples", "latents from"}};
  for (const Column& c : kColumns) rows.front().push_back(c.title);
  for (const std::string& file : files) {
    std::ifstream in(file);
    if (!in) fail(ErrorKind::input, file, ": can't be opened; regrain evaluate -o writes such files");
    try {
      const json result = json::parse(in);
      rows.push_back({std::filesystem::path(file).stem().string(),
                      concat(result.at("frames").get<int>(), " x ", result.at("samples_per_frame").get<int>()), result.at("z_drawn").get<std::string>()});
      for (const Column& c : kColumns) rows.back().push_back(cell(result, c));
    } catch (const json::exception& e) {
      fail(ErrorKind::input, file, ": is not a result of regrain evaluate (", e.what(), ")");
    }
  }
  // columns nobody has a value for are left out
  for (std::size_t c = 0; c < rows.front().size(); ++c) {
    std::size_t width = 0;
    bool any = false;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      width = std::max(width, rows[r][c].size());
      any = any || (r > 0 && !rows[r][c].empty());
    }
    for (auto& row : rows) row[c] = any ? row[c] + std::string(width - row[c].size(), ' ') : "";
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (const std::string& text : rows[r])
      if (!text.empty()) std::cout << "| " << text << " ";
    std::cout << "|\n";
    if (r > 0) continue;
    for (const std::string& text : rows[r])
      if (!text.empty()) std::cout << "|" << std::string(text.size() + 2, '-');
    std::cout << "|\n";
  }
}

}  // namespace

void add_summarize(CLI::App& app) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* c = app.add_subcommand("summarize", "results of evaluate as one table (lengths in Angstrom)");
  c->add_option("results", *files, "json files")->required();
  c->callback([files] { run(*files); });
}

}  // namespace regrain::driver
