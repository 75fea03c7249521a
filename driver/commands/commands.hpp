// The subcommands of the program, one file each. main.cpp lists them.
#pragma once

namespace CLI {
class App;
}

namespace regrain::driver {

// Each adds its subcommand; the subcommand's callback does the work and throws Error.
void add_clean(CLI::App& app);
void add_coarsen(CLI::App& app);
void add_train(CLI::App& app);
void add_backmap(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_info(CLI::App& app);
void add_summarize(CLI::App& app);
void add_split(CLI::App& app);
void add_config(CLI::App& app);

}  // namespace regrain::driver
