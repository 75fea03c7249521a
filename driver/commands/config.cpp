// regrain config: the training file's keys, their defaults, and a check of a file.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "driver/commands/commands.hpp"
#include "driver/commands/talk.hpp"
#include "driver/stage_config.hpp"
#include "engine/errors.hpp"

namespace regrain::driver {

namespace {

struct Options {
  bool schema = false, defaults = false;
  std::string check, kind = "cgvae";
};

void run(const Options& o) {
  if (o.schema + o.defaults + !o.check.empty() != 1)
    fail(ErrorKind::usage, "config: give one of --schema, --defaults and --check FILE");
  if (o.schema) std::cout << training_schema(o.kind).json_schema() << "\n";
  if (o.defaults) std::cout << training_schema(o.kind).defaults_json() << "\n";
  if (!o.check.empty()) {
    std::cout << load_training_config(o.check, {}).effective_json() << "\n";
    say(o.check + ": fine; on stdout it stands with every default filled in");
  }
}

}  // namespace

void add_config(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("config", "document and check training files");
  c->add_flag("--schema", o->schema, "JSON Schema of the training file");
  c->add_flag("--defaults", o->defaults, "a training file with every key at its default");
  c->add_option("--check", o->check, "check this file and print it with every default filled in");
  c->add_option("--kind", o->kind, "kind of model for --schema and --defaults")->check(CLI::IsMember(model_kinds()));
  c->callback([o] { run(*o); });
}

}  // namespace regrain::driver
