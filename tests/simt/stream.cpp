#include "tests/simt/stream.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simt/device_memory.hpp"
#include "tests/simt/emulator.hpp"

namespace regrain::simt {

namespace {

using Recording = std::vector<std::function<void()>>;

struct Stream {
  std::unique_ptr<Recording> recording;
};

// of this thread: as on a device, a recording forbids nothing to others
thread_local Stream* recording_stream = nullptr;

Stream& as_stream(void* stream) {
  if (!stream) die("the default stream can't record");
  return *static_cast<Stream*>(stream);
}

}  // namespace

void* create_stream() { return new Stream; }
void destroy_stream(void* stream) noexcept { delete static_cast<Stream*>(stream); }

void put(void* stream, std::function<void()> work) {
  if (stream && static_cast<Stream*>(stream)->recording)
    static_cast<Stream*>(stream)->recording->push_back(std::move(work));
  else
    work();
}

void begin_recording(void* stream) {
  if (recording_stream) die("a stream of this thread records already");
  as_stream(stream).recording = std::make_unique<Recording>();
  recording_stream = &as_stream(stream);
}

void* end_recording(void* stream) {
  if (!as_stream(stream).recording) die("the stream does not record");
  recording_stream = nullptr;
  return as_stream(stream).recording.release();
}

void replay(void* recording, void* stream) {
  const OpenDeviceMemory open;  // once, not for every piece of work
  for (const std::function<void()>& work : *static_cast<Recording*>(recording)) put(stream, work);
}

void destroy_recording(void* recording) noexcept { delete static_cast<Recording*>(recording); }

void put_in_recording(std::function<void()> work) {
  if (recording_stream) recording_stream->recording->push_back(std::move(work));
}

void forbid_in_recordings(const char* what) {
  if (recording_stream) die(std::string("while a step is recorded: ") + what);
}

}  // namespace regrain::simt
