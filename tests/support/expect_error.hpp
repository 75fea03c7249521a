// Errors and what their messages must say.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/errors.hpp"

namespace regrain::test {

// Expects Error of this kind whose message has all these pieces.
template <class Function>
void expect_error(ErrorKind kind, const std::vector<std::string>& pieces, Function&& function) {
  try {
    function();
    ADD_FAILURE() << "no error; expected one with: " << (pieces.empty() ? "" : pieces[0]);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    for (const std::string& piece : pieces)
      EXPECT_NE(std::string(error.what()).find(piece), std::string::npos)
          << "'" << piece << "' is missing in: " << error.what();
  }
}

}  // namespace regrain::test
