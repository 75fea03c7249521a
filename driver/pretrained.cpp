#include "driver/pretrained.hpp"

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "engine/errors.hpp"

namespace regrain::driver {

std::string shipped_file(const std::string& name) {
  namespace fs = std::filesystem;
  const std::string file_name = name + ".safetensors";
  std::error_code unreadable;
  std::vector<fs::path> folders;
  if (const char* named = std::getenv("REGRAIN_MODELS"); named && *named) {
    folders.push_back(named);
  } else {
    const fs::path program = fs::read_symlink("/proc/self/exe", unreadable);
    if (!unreadable) folders.push_back(program.parent_path().parent_path() / "share" / "regrain");
    folders.push_back(REGRAIN_SHIPPED_MODELS);
  }
  std::string looked;
  for (const fs::path& folder : folders) {
    const fs::path file = folder / file_name;
    if (fs::is_regular_file(file, unreadable)) return file.string();
    looked += (looked.empty() ? "" : ", ") + file.string();
  }
  fail(ErrorKind::input, "the weights that come with the program are not there (looked for ", looked,
       "); name their folder in REGRAIN_MODELS, or a model file with --stages");
}

}  // namespace regrain::driver
