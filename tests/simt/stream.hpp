// Streams of the emulation: work is done at once, or written down while the stream records and done at every replay.
#pragma once

#include <functional>

namespace regrain::simt {

void* create_stream();
void destroy_stream(void* stream) noexcept;

// Does the work, or writes it down. Null is the default stream, which never records.
void put(void* stream, std::function<void()> work);

void begin_recording(void* stream);
void* end_recording(void* stream);
void replay(void* recording, void* stream);
void destroy_recording(void* recording) noexcept;

// For what an arena does to memory when it hands it out: to be done at every replay too.
void put_in_recording(std::function<void()> work);

// Ends the program if a stream is recording: `what` would not be part of it, or break it off on a device.
void forbid_in_recordings(const char* what);

}  // namespace regrain::simt
