// Talk goes to stderr, so that stdout holds results alone.
#pragma once

#include <iostream>
#include <string>

namespace regrain::driver {

inline void say(const std::string& line) { std::cerr << line << "\n"; }

}  // namespace regrain::driver
