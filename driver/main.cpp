// The program: a table of subcommands, and one place where errors become exit codes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <new>

#include "driver/commands/commands.hpp"
#include "driver/cpu_check.hpp"
#include "driver/interrupt.hpp"
#include "driver/version.hpp"
#include "engine/errors.hpp"
#include "io/json_config.hpp"

namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 internal error, 2 wrong usage, 3 bad input, 4 bad checkpoint, 5 input/output or disk full,\n"
    "6 numbers went bad, 7 device or memory, 75 interrupted (training has saved its state).\n"
    "REGRAIN_TRACE=FILE writes a Chrome trace of where the time went.";

int report(regrain::ErrorKind kind, const char* what) {
  std::cerr << "regrain: error: " << what << "\n";
  return static_cast<int>(kind);
}

// The parser would only say that a subcommand is missing.
void name_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), argv[1]) != known.end()) return;
  const std::string meant = regrain::io::nearest(argv[1], known);
  regrain::fail(regrain::ErrorKind::usage, argv[1], ": unknown subcommand",
                meant.empty() ? "" : regrain::concat(" (did you mean \"", meant, "\"?)"), "; --help lists them");
}

int run(int argc, char** argv) {
  CLI::App app{"Puts detail back into coarse-grained proteins: beads -> alpha carbons -> all atoms.", "regrain"};
  app.set_version_flag("--version", regrain::driver::kVersion);
  app.require_subcommand(1);
  app.footer(kFooter);
  app.option_defaults()->always_capture_default();
  for (auto* add : {regrain::driver::add_clean, regrain::driver::add_coarsen, regrain::driver::add_train, regrain::driver::add_backmap,
                    regrain::driver::add_evaluate, regrain::driver::add_summarize, regrain::driver::add_split,
                    regrain::driver::add_config, regrain::driver::add_info})
    add(app);
  try {
    name_unknown_command(app, argc, argv);
    app.parse(argc, argv);
    std::cout << std::flush;
    if (!std::cout) regrain::fail(regrain::ErrorKind::output, "stdout: can't be written to; is the disk full?");
    return 0;
  } catch (const CLI::Success& e) {
    return app.exit(e);  // --help, --version
  } catch (const CLI::ParseError& e) {
    app.exit(e);
    return static_cast<int>(regrain::ErrorKind::usage);
  } catch (const regrain::Error& e) {
    return report(e.kind(), e.what());
  } catch (const std::bad_alloc&) {
    return report(regrain::ErrorKind::device, "out of memory; take a smaller batch");
  } catch (const std::exception& e) {
    return report(regrain::ErrorKind::internal, e.what());
  }
}

}  // namespace

// What driver/cpu_check.cpp compares the CPU with: the instructions this file was compiled for, as all others are.
extern "C" const regrain::driver::NeededInstructions regrain_needed_instructions{
#ifdef __AVX2__
    .avx2 = true,
#endif
#ifdef __FMA__
    .fma = true,
#endif
#ifdef __AVX512F__
    .avx512f = true,
#endif
#ifdef __AVX512VL__
    .avx512vl = true,
#endif
};

int main(int argc, char** argv) {
  regrain::driver::clean_up_on_signals();
  return run(argc, argv);
}
