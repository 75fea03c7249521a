// regrain info: the program, or what is in a model file.
#include <omp.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "driver/checkpoint.hpp"
#include "driver/chemistry.hpp"
#include "driver/commands/commands.hpp"
#include "driver/version.hpp"
#include "engine/context.hpp"

namespace regrain::driver {

namespace {

void show_program() {
  std::cout << "regrain " << kVersion << "\n"
            << "compiler  " << __VERSION__ << "\n"
            << "threads   " << omp_get_max_threads() << "\n"
            << "devices   cpu" << (built_for_devices() ? "" : " (built without CUDA)") << "\n";
  const std::vector<std::string> found = devices();
  for (std::size_t i = 0; i < found.size(); ++i) std::cout << "          cuda:" << i << " (" << found[i] << ")\n";
  if (built_for_devices() && found.empty()) std::cout << "          no CUDA device found\n";
}

void show_stage(const std::string& path) {
  const StageFile file = load_stage(path);
  std::size_t tensors = 0;
  for (const auto& p : file.stage->parameters().all()) tensors += p.shape.size() > 0 ? 1 : 0;
  std::cout << "kind        " << file.stage->kind() << "\n"
            << "trained to  " << file.note << "\n"
            << "parameters  " << file.stage->parameters().n_elements() << " in " << tensors << " arrays\n";
  if (file.trained_on.list) {
    std::cout << "trained on  " << file.trained_on.list->text() << "\n";
  } else {
    const StageSetup& p = file.trained_on.protein;
    std::cout << "coarse      " << p.map.n_beads << " beads\n"
              << "fine        " << p.fine.n_atoms() << " particles in " << p.fine.n_residues() << " residues\n"
              << "sequence    " << sequence_of(p.fine) << "\n"
              << "map         ";
    for (int b : p.map.bead_of_atom) std::cout << b << " ";
    std::cout << "\n";
  }
  std::cout << "config\n" << file.config.effective_json() << "\n";
}

}  // namespace

void add_info(CLI::App& app) {
  auto path = std::make_shared<std::string>();
  CLI::App* c = app.add_subcommand("info", "version and devices, or what a model file holds");
  c->add_option("model", *path, "model or checkpoint (safetensors)");
  c->callback([path] { path->empty() ? show_program() : show_stage(*path); });
}

}  // namespace regrain::driver
