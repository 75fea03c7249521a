// The folder of a training run: made and checked before any work, and taken away again where the run
// can't start.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace regrain::driver {

class RunFolder {
 public:
  // Throws Error(output) if the folder can't be written to, or holds a run that is neither to be resumed
  // nor (`force`) to be replaced; Error(input) if it holds none to resume.
  RunFolder(const std::string& dir, bool resume, bool force);
  // Removes what the constructor made, unless the run has started.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  void keep() { made_.clear(); }
  std::string name() const { return dir_.string(); }  // as given, for messages
  std::string model() const { return file("model.safetensors"); }
  std::string checkpoint() const { return file("checkpoint.safetensors"); }
  std::string log() const { return file("log.csv"); }
  std::string config() const { return file("effective.json"); }
  std::string map() const { return file("map.json"); }
  bool has_checkpoint() const { return std::filesystem::exists(checkpoint()); }

 private:
  std::string file(const char* name) const { return (dir_ / name).string(); }

  std::filesystem::path dir_;
  std::vector<std::filesystem::path> made_;  // folders that weren't there, deepest first
};

}  // namespace regrain::driver
