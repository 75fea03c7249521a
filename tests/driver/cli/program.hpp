// Runs the program the way people do, in a folder of its own, and looks at what it says and leaves.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "io/trajectory.hpp"
#include "tests/driver/listed_structures.hpp"

namespace regrain::cli_test {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// exit codes
enum { kDone = 0, kUsage = 2, kInput = 3, kCheckpoint = 4, kOutput = 5, kNumbers = 6, kDevice = 7, kInterrupted = 75 };

struct Result {
  int exit_code = -1;  // 1000 + signal if one ended the program
  std::string out, err;
};

struct Limits {
  long file_bytes = -1;  // longest file the program may write: a disk that gets full
  std::string out_to;    // stdout goes there
  long memory_bytes = -1;  // addresses the program may have
};

inline std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// A program under way.
class Running {
 public:
  Running(const fs::path& folder, const fs::path& talk, const Words& args, const Limits& limits) : talk_(talk) {
    Words words{REGRAIN_PROGRAM};
    words.insert(words.end(), args.begin(), args.end());
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    const std::string out = limits.out_to.empty() ? (talk / "out").string() : limits.out_to, err = (talk / "err").string();
    id_ = ::fork();
    if (id_ != 0) return;
    const auto redirect = [](const std::string& to, int descriptor) {
      ::dup2(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666), descriptor);
    };
    redirect(out, STDOUT_FILENO);
    redirect(err, STDERR_FILENO);
    const rlimit seconds{100, 100}, bytes{static_cast<rlim_t>(limits.file_bytes), static_cast<rlim_t>(limits.file_bytes)};
    ::setrlimit(RLIMIT_CPU, &seconds);
    if (limits.file_bytes >= 0) {
      std::signal(SIGXFSZ, SIG_IGN);  // so that the write fails instead
      ::setrlimit(RLIMIT_FSIZE, &bytes);
    }
    if (limits.memory_bytes >= 0) {
      const rlimit memory{static_cast<rlim_t>(limits.memory_bytes), static_cast<rlim_t>(limits.memory_bytes)};
      ::setrlimit(RLIMIT_AS, &memory);
    }
    ::setenv("OMP_NUM_THREADS", "1", 1);
    if (::chdir(folder.c_str()) == 0) ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  // Until stderr holds this text; false if the program ends before.
  bool wait_for(const std::string& text) const {
    for (int i = 0; i < 20000; ++i) {
      if (bytes_of(talk_ / "err").find(text) != std::string::npos) return true;
      siginfo_t info{};
      ::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT);
      if (info.si_pid == id_) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  void signal(int number) const { ::kill(id_, number); }
  // All of them find the program at the same place.
  void signal_together(const std::vector<int>& numbers) const {
    int status = 0;
    ::kill(id_, SIGSTOP);
    ::waitpid(id_, &status, WUNTRACED);
    for (const int number : numbers) ::kill(id_, number);
    ::kill(id_, SIGCONT);
  }

  Result wait() const {
    int status = 0;
    ::waitpid(id_, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), bytes_of(talk_ / "out"), bytes_of(talk_ / "err")};
  }

 private:
  fs::path talk_;
  pid_t id_ = -1;
};

class Cli : public ::testing::Test {
 protected:
  Cli() {
    std::string name = (fs::temp_directory_path() / "regrain-cli-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    root_ = name;
    fs::create_directories(root_ / "work");
    fs::create_directories(root_ / "talk");
    const fs::path data = fs::path(REGRAIN_SOURCE_DIR) / "tests/data/trpcage";
    fs::create_symlink(data / "trpcage_330K_heavy.xtc", path("traj.xtc"));
    fs::create_symlink(data / "trpcage_330K_heavy_top.pdb", path("top.pdb"));
  }
  ~Cli() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  fs::path path(const std::string& name) const { return root_ / "work" / name; }
  void write(const std::string& name, const std::string& bytes) const { std::ofstream(path(name), std::ios::binary) << bytes; }
  std::string read(const std::string& name) const { return bytes_of(path(name)); }

  Running start(const Words& args, const Limits& limits = {}) const { return {root_ / "work", root_ / "talk", args, limits}; }
  Result run(const Words& args, const Limits& limits = {}) const { return start(args, limits).wait(); }
  // Runs and expects success.
  Result ok(const Words& args) const {
    const Result r = run(args);
    EXPECT_EQ(r.exit_code, kDone) << text_of(args) << "\n" << r.err;
    return r;
  }
  // Expects this exit code, one line on stderr with all of these pieces, and a folder as it was before.
  Result refused(const Words& args, int code, const Words& pieces, const Limits& limits = {}) const {
    const auto before = everything();
    const Result r = run(args, limits);
    EXPECT_EQ(r.exit_code, code) << text_of(args) << "\n" << r.err;
    says(r, pieces);
    EXPECT_EQ(r.out, "") << text_of(args);
    const auto after = everything();
    for (const auto& [name, bytes] : after)
      EXPECT_TRUE(before.contains(name)) << name << " was left behind by: " << text_of(args) << "\n" << r.err;
    for (const auto& [name, bytes] : before)
      EXPECT_TRUE(after.contains(name) && after.at(name) == bytes) << name << " was changed by: " << text_of(args) << "\n" << r.err;
    return r;
  }
  static void says(const Result& r, const Words& pieces) {
    for (const std::string& piece : pieces) EXPECT_NE(r.err.find(piece), std::string::npos) << "no \"" << piece << "\" in: " << r.err;
  }
  static std::string text_of(const Words& args) {
    std::string text = "regrain";
    for (const std::string& a : args) text += " " + a;
    return text;
  }
  // Contents by name, folders with a slash.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(root_ / "work")) {
      const std::string name = fs::relative(entry.path(), root_ / "work").string();
      if (entry.is_directory()) all[name + "/"] = "";
      else all[name] = entry.is_regular_file() ? bytes_of(entry.path()) : "";
    }
    return all;
  }

  // ---- small inputs

  // Training files: a tiny cgvae of four beads, and a genzprot of six frames.
  void write_configs() const {
    write("s1.json", R"({"model": {"kind": "cgvae", "channels": 8, "n_rbf": 4, "encoder_layers": 1, "decoder_layers": 2},
 "data": {"trajectory": ["traj.xtc"], "topology": "top.pdb", "fine": "ca", "map": "fixed", "beads": 4, "max_frames": 20},
 "train": {"epochs": 2}})");
    write("s2.json", R"({"model": {"kind": "genzprot"},
 "data": {"trajectory": ["traj.xtc"], "topology": "top.pdb", "max_frames": 6},
 "train": {"epochs": 1}})");
  }
  // Four structures of different lengths in the folder set, their list, and a training file for it.
  void write_list() const {
    fs::create_directory(path("set"));
    test::write_four_structures(path("set").string());
    write("list.tsv", test::kFourStructures);
    write("s3.json", R"({"model": {"kind": "genzprot", "decoder_layers": 1}, "data": {"list": "list.tsv", "folder": ["set"]},
 "train": {"epochs": 2, "batch": 1}})");
  }
  // Trains it into runs/s1 or runs/s2; the model's name.
  std::string train(const std::string& name) const {
    write_configs();
    ok({"train", name + ".json"});
    return "runs/" + name + "/model.safetensors";
  }
  // The first frames of the trajectory, in any format.
  void write_frames(const std::string& name, int n_frames, float scale = 1) const {
    io::Structure all = io::load_frames({path("traj.xtc").string()}, path("top.pdb").string());
    auto writer = io::TrajectoryWriter::open(path(name).string(), all.topology, {.force = true}, n_frames);
    for (int f = 0; f < n_frames; ++f) {
      for (float& x : all.frames[static_cast<std::size_t>(f)].xyz_A3) x *= scale;
      writer.write(all.frames[static_cast<std::size_t>(f)]);
    }
    writer.close();
  }
  // Two frames as four beads, or as alpha carbons.
  std::string beads(const std::string& name = "beads.pdb", const std::string& map = "fixed", const std::string& n = "4") const {
    if (!fs::exists(path("few.pdb"))) write_frames("few.pdb", 2);
    ok({"coarsen", "few.pdb", "--map", map, "--beads", n, "-o", name});
    return name;
  }
  io::Structure load(const std::string& name, const std::string& top = "", bool beads = false) const {
    return io::load_frames({path(name).string()}, top.empty() ? "" : path(top).string(), {.beads = beads});
  }

 private:
  fs::path root_;
};

}  // namespace regrain::cli_test
