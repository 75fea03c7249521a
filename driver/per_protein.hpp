// What a transferable stage makes of a protein once, for all its frames: bonds, places of atoms.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "driver/stage.hpp"

namespace regrain::driver {

// Made when first asked for, by any thread; references stay good as long as this does. Proteins are known by their
// place in memory.
template <class Value>
class PerProtein {
 public:
  template <class Make>
  const Value& of(const StageSetup& protein, Make make) const {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<const Value>& value = values_[&protein];
    if (!value) value = std::make_unique<const Value>(make(protein));
    return *value;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::map<const StageSetup*, std::unique_ptr<const Value>> values_;
};

}  // namespace regrain::driver
