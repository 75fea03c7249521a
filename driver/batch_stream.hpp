// Batches in the order they are asked for, made while the one before is in use, and brought to the device that uses them.
//
// What a frame brings to a batch is made once and kept, up to a limit of memory: frames met first stay, the others
// are made anew each time, since every epoch meets all of them and whatever would be thrown out is needed again. With
// more than one thread the next batch is made by a thread of its own. Neither changes a bit of a batch.
#pragma once

#include <future>
#include <memory>
#include <vector>

#include "driver/dataset.hpp"
#include "engine/context.hpp"

namespace regrain::driver {

struct BatchRequest {
  std::vector<int> frames;
  std::vector<DrawKey> keys;  // one a frame
};

class FrameCache {
 public:
  // `stage` and `data` must outlive the cache and stay as they are.
  FrameCache(const Stage& stage, const Dataset& data, std::size_t most_bytes)
      : stage_(stage), data_(data), kept_(data.frames.size()), most_bytes_(most_bytes) {}

  std::shared_ptr<const PreparedFrame> get(Context& context, int frame);
  std::size_t bytes() const { return bytes_; }  // of what is kept

 private:
  const Stage& stage_;
  const Dataset& data_;
  std::vector<std::shared_ptr<const PreparedFrame>> kept_;
  std::size_t most_bytes_, bytes_ = 0;
};

class BatchStream {
 public:
  struct Settings {
    std::size_t cache_bytes = 0;
    int n_threads = 1;     // 1: batches are made by the caller's thread, when it asks for them
    Device device = Device::cpu;  // where the batches are used
    int device_index = 0;
  };
  BatchStream(const Stage& stage, const Dataset& data, Settings settings);

  // What was asked for before and not taken is forgotten.
  void start(std::vector<BatchRequest> requests);
  // Gives up what was asked for and all batches made so far.
  void stop();
  // The next batch; the one before must be out of use. Throws whatever making it threw.
  const StageBatch& next();

 private:
  std::unique_ptr<StageBatch> make(const BatchRequest& request, std::unique_ptr<StageBatch> reuse);
  std::unique_ptr<StageBatch> make_on_host(const BatchRequest& request, std::unique_ptr<StageBatch> reuse);
  void make_ahead(std::unique_ptr<StageBatch> reuse);

  const Stage& stage_;
  FrameCache cache_;
  // the step has contexts of its own
  Context context_;
  Context device_context_;
  std::unique_ptr<StageBatch> on_host_;  // what the last batch of a device was copied from, in pinned memory
  bool ahead_allowed_;
  std::vector<BatchRequest> requests_;
  std::size_t next_ = 0;  // first request not taken
  std::unique_ptr<StageBatch> in_use_;
  std::future<std::unique_ptr<StageBatch>> ahead_;  // of request next_; last, so that it ends before what it uses
};

}  // namespace regrain::driver
