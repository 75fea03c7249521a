// SIGINT and SIGTERM: no half-written file stays, and long work may stop at a safe place first.
#pragma once

namespace regrain::driver {

// From here on a signal removes the temporary output files and ends the program.
void clean_up_on_signals();
// From here on the first signal only asks for a stop at the next safe place; a second one, of either kind,
// ends the program as above.
void watch_for_interrupts();
bool interrupted();

}  // namespace regrain::driver
