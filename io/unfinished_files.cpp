#include "io/unfinished_files.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>

namespace regrain::io {
namespace {

enum State { kFree, kFilling, kNoted, kRemoving };

struct Place {
  std::atomic<int> state{kFree};
  char name[PATH_MAX];
};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait for a lock");

constexpr int kPlaces = 8;  // one file is written at a time; a few more for threads and for embedders
Place g_places[kPlaces];

}  // namespace

int note_unfinished(const std::string& name) {
  if (name.size() >= sizeof Place::name) return -1;
  for (int i = 0; i < kPlaces; ++i) {
    int expected = kFree;
    if (!g_places[i].state.compare_exchange_strong(expected, kFilling)) continue;
    std::memcpy(g_places[i].name, name.c_str(), name.size() + 1);
    g_places[i].state = kNoted;
    return i;
  }
  return -1;
}

void forget_unfinished(int place) {
  if (place < 0) return;
  // a place that a handler reads stays as it is, or another thread could put a new name under its eyes
  int expected = kNoted;
  g_places[place].state.compare_exchange_strong(expected, kFree);
}

void remove_unfinished_files() noexcept {
  const int error = errno;
  for (Place& place : g_places) {
    int expected = kNoted;
    if (place.state.compare_exchange_strong(expected, kRemoving)) ::unlink(place.name);
  }
  errno = error;
}

}  // namespace regrain::io
