// Names of the temporary files under way, kept where a signal handler may read them.
//
// A handler may neither allocate nor lock, so this is a fixed table with an atomic state for each place.
#pragma once

#include <string>

namespace regrain::io {

// The place taken, for forget_unfinished(); -1 if the table is full or the name longer than a path can be.
// Such a file is written all the same; a signal leaves it behind.
int note_unfinished(const std::string& name);
void forget_unfinished(int place);

// Removes the files noted. Async-signal-safe, and the last thing a program does with them: places once
// removed are not given out again.
void remove_unfinished_files() noexcept;

}  // namespace regrain::io
