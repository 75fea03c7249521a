#include "driver/run_folder.hpp"

#include <unistd.h>

#include <system_error>

#include "engine/errors.hpp"

namespace regrain::driver {

namespace fs = std::filesystem;

RunFolder::RunFolder(const std::string& dir, bool resume, bool force) : dir_(dir) {
  if (resume && !has_checkpoint())
    fail(ErrorKind::input, name(), ": holds no checkpoint to resume from; start without --resume");
  std::error_code error;
  for (fs::path p = fs::absolute(dir_); !fs::exists(p, error) && p != p.parent_path(); p = p.parent_path()) made_.push_back(p);
  fs::create_directories(dir_, error);
  if (error || !fs::is_directory(dir_))
    fail(ErrorKind::output, name(), ": can't make this folder (", error.message(), "); choose another with --out");
  if (::access(dir_.c_str(), W_OK) != 0)
    fail(ErrorKind::output, name(), ": this folder can't be written to; choose another with --out");
  const bool used = has_checkpoint() || fs::exists(model());
  if (used && !resume && !force)
    fail(ErrorKind::output, name(), ": holds a training run already; --resume goes on with it, --force starts anew");
}

RunFolder::~RunFolder() {
  std::error_code ignored;  // a folder that isn't empty stays
  for (const fs::path& folder : made_) fs::remove(folder, ignored);
}

}  // namespace regrain::driver
