#include "driver/interrupt.hpp"

#include <atomic>
#include <csignal>

#include "io/unfinished_files.hpp"

namespace regrain::driver {

namespace {

// a signal may meet any thread
std::atomic<bool> g_watched = false, g_interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int number) {
  if (g_watched && !g_interrupted) {
    g_interrupted = true;
    return;
  }
  io::remove_unfinished_files();
  // ends as if there had been no handler, so that a shell sees which signal it was
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

void clean_up_on_signals() {
  for (const int number : {SIGINT, SIGTERM})
    if (std::signal(number, on_signal) == SIG_IGN) std::signal(number, SIG_IGN);  // a job in the background
}

void watch_for_interrupts() {
  g_watched = true;
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, on_signal);
}

bool interrupted() { return g_interrupted; }

}  // namespace regrain::driver
