#include "engine/arena.hpp"

#include <algorithm>

#include "engine/errors.hpp"

namespace regrain {

namespace {
constexpr std::size_t kFirstBlock = std::size_t{1} << 20;

std::size_t round_up(std::size_t bytes) {
  return (bytes + Arena::kAlignment - 1) / Arena::kAlignment * Arena::kAlignment;
}
}  // namespace

Arena::~Arena() { release(); }

void Arena::add_block(std::size_t at_least) {
  const std::size_t grown = blocks_.empty() ? kFirstBlock : 2 * blocks_.back().size;
  const std::size_t size = std::max(at_least, grown);
  // a doubled block may not fit where the bytes asked for do
  for (std::size_t wanted : {size, at_least}) {
    void* p = source_->allocate(wanted);
    if (!p) continue;
    blocks_.push_back({static_cast<std::byte*>(p), wanted, 0});
    ++n_system_allocations_;
    return;
  }
  throw OutOfMemory(concat("out of memory", source_->on_host ? "" : " of the device", ": ", at_least >> 20,
                           " MiB more on top of ", in_use_ >> 20, " MiB in use; take a smaller batch"));
}

void* Arena::allocate(std::size_t bytes) {
  const std::size_t size = round_up(std::max<std::size_t>(bytes, 1) + source_->red_zone);
  while (current_ < blocks_.size() && blocks_[current_].used + size > blocks_[current_].size) ++current_;
  if (current_ == blocks_.size()) add_block(size);
  Block& block = blocks_[current_];
  void* p = block.data + block.used;
  block.used += size;
  in_use_ += size;
  high_water_ = std::max(high_water_, in_use_);
  if (source_->mark) source_->mark(p, bytes, size);
  return p;
}

void Arena::release() {
  if (!blocks_.empty()) ++generation_;
  for (const Block& b : blocks_) source_->free(b.data, b.size);
  blocks_.clear();
  current_ = 0;
  in_use_ = 0;
}

void Arena::reset() {
  if (blocks_.size() > 1) {
    std::size_t total = 0;
    for (const Block& b : blocks_) total += b.size;
    release();
    add_block(total);
  }
  if (!blocks_.empty()) blocks_.front().used = 0;
  current_ = 0;
  in_use_ = 0;
}

Arena::Scope::Scope(Arena& arena)
    : arena_(arena),
      block_(arena.current_),
      used_(arena.current_ < arena.blocks_.size() ? arena.blocks_[arena.current_].used : 0),
      in_use_(arena.in_use_) {}

Arena::Scope::~Scope() {
  for (std::size_t b = block_; b < arena_.blocks_.size(); ++b) arena_.blocks_[b].used = b == block_ ? used_ : 0;
  arena_.current_ = block_;
  arena_.in_use_ = in_use_;
}

}  // namespace regrain
