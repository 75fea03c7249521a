#include "driver/batch_stream.hpp"

#include <system_error>
#include <utility>

#include "engine/errors.hpp"
#include "engine/trace.hpp"

namespace regrain::driver {

std::shared_ptr<const PreparedFrame> FrameCache::get(Context& context, int frame) {
  std::shared_ptr<const PreparedFrame>& kept = kept_[static_cast<std::size_t>(frame)];
  if (kept) return kept;
  std::shared_ptr<const PreparedFrame> made = stage_.prepare(context, data_.protein_of(frame), data_.frames[static_cast<std::size_t>(frame)]);
  if (const std::size_t size = made->bytes(); size <= most_bytes_ - bytes_) {
    bytes_ += size;
    kept = made;
  }
  return made;
}

// A batch made ahead has one thread: the others are busy with the step.
BatchStream::BatchStream(const Stage& stage, const Dataset& data, Settings settings)
    : stage_(stage),
      cache_(stage, data, settings.cache_bytes),
      context_(1),
      device_context_(settings.device, 1, settings.device_index),
      ahead_allowed_(settings.n_threads > 1) {
  if (settings.device != Device::cpu) on_host_ = stage.empty_batch(device_context_.staging_memory());
}

void BatchStream::start(std::vector<BatchRequest> requests) {
  if (ahead_.valid()) ahead_.wait();
  ahead_ = {};
  requests_ = std::move(requests);
  next_ = 0;
}

void BatchStream::stop() {
  start({});
  in_use_ = nullptr;
}

const StageBatch& BatchStream::next() {
  REGRAIN_CHECK(next_ < requests_.size(), "batches: asked for batch ", next_ + 1, " of ", requests_.size());
  if (ahead_.valid()) {
    std::unique_ptr<StageBatch> made = ahead_.get();
    std::swap(made, in_use_);
    ++next_;
    make_ahead(std::move(made));
  } else {
    in_use_ = make(requests_[next_], std::move(in_use_));
    ++next_;
    make_ahead(nullptr);
  }
  return *in_use_;
}

void BatchStream::make_ahead(std::unique_ptr<StageBatch> reuse) {
  if (!ahead_allowed_ || next_ == requests_.size()) return;
  try {
    ahead_ = std::async(std::launch::async, [this, memory = std::move(reuse)]() mutable {
      return make(requests_[next_], std::move(memory));
    });
  } catch (const std::system_error&) {
    ahead_allowed_ = false;  // the system gives no more threads
  }
}

std::unique_ptr<StageBatch> BatchStream::make(const BatchRequest& request, std::unique_ptr<StageBatch> reuse) {
  if (!on_host_) return make_on_host(request, std::move(reuse));
  on_host_ = make_on_host(request, std::move(on_host_));
  device_context_.enter_thread();
  std::unique_ptr<StageBatch> batch = on_host_->to_device(device_context_, std::move(reuse));
  device_context_.wait();
  return batch;
}

std::unique_ptr<StageBatch> BatchStream::make_on_host(const BatchRequest& request, std::unique_ptr<StageBatch> reuse) {
  const TraceScope trace("making a batch");
  std::vector<std::shared_ptr<const PreparedFrame>> held;
  std::vector<const PreparedFrame*> frames;
  for (int f : request.frames) {
    held.push_back(cache_.get(context_, f));
    frames.push_back(held.back().get());
  }
  return stage_.make_batch(context_, frames, request.keys, std::move(reuse));
}

}  // namespace regrain::driver
