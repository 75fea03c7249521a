#pragma once

namespace regrain::driver {

constexpr const char* kVersion = REGRAIN_VERSION;

}  // namespace regrain::driver
