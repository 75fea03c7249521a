// regrain train: a configuration file -> a run folder.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "driver/commands/commands.hpp"
#include "driver/commands/talk.hpp"
#include "driver/interrupt.hpp"
#include "driver/stage_config.hpp"
#include "driver/trainer.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

namespace {

struct Options {
  std::string config;
  std::vector<std::string> set;
  std::string device = "cpu";
  bool tensor_cores = false;
  TrainOptions train;
};

void run(Options o) {
  watch_for_interrupts();
  if (o.train.out_dir.empty()) o.train.out_dir = "runs/" + std::filesystem::path(o.config).stem().string();
  o.train.device = choose_device(o.device, o.tensor_cores);
  if (o.device == "auto" && o.train.device.device == Device::cpu) say("no GPU found: working on the CPU");
  o.train.progress_bar = ::isatty(STDERR_FILENO) != 0;
  const io::Config config = load_training_config(o.config, o.set);
  const TrainResult result = train(config, o.train, say);
  say(concat(o.train.out_dir, ": ", result.epochs, " epochs, best validation loss ", result.best_validation, "; the weights are in ",
             o.train.out_dir, "/model.safetensors"));
}

}  // namespace

void add_train(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("train", "train a stage; regrain config documents the file");
  c->add_option("config", o->config, "training file (JSON)")->required();
  c->add_option("--out", o->train.out_dir, "run folder; runs/NAME of the training file if not given");
  c->add_flag("--resume", o->train.resume, "go on from the folder's checkpoint");
  c->add_option("--set", o->set, "key=value, over what the file says; may be repeated")->take_all();
  c->add_option("--device", o->device, kDeviceHelp);
  c->add_flag("--tensor-cores", o->tensor_cores, kTensorCoresHelp);
  c->add_option("--threads", o->train.n_threads, "0: all cores; the result doesn't depend on it");
  c->add_option("--cache", o->train.cache_mib, "MiB for neighbour lists and tensors of frames, which otherwise are made each epoch; the result doesn't depend on it")
      ->check(CLI::Range(0, 1 << 24));
  c->add_flag("--force", o->train.force, "start anew in a folder that holds a run");
  c->callback([o] { run(*o); });
}

}  // namespace regrain::driver
