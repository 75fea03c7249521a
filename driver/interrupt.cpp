#include "driver/interrupt.hpp"

#include <csignal>

namespace regrain::driver {

namespace {

volatile std::sig_atomic_t g_interrupted = 0;

void on_signal(int number) {
  g_interrupted = 1;
  std::signal(number, SIG_DFL);
}

}  // namespace

void watch_for_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() { return g_interrupted != 0; }

}  // namespace regrain::driver
