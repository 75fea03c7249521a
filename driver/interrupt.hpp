// SIGINT and SIGTERM ask for a stop at the next safe place instead of ending the program.
#pragma once

namespace regrain::driver {

// Installs the handlers; a second signal ends the program at once.
void watch_for_interrupts();
bool interrupted();

}  // namespace regrain::driver
