// Numbers too large for their PDB columns, in the "hybrid-36" way that gemmi, cctbx and ChimeraX read:
// decimal while it fits, then A000.. ZZZZ, then a000.. zzzz.
#pragma once

#include <cstdint>
#include <string>

namespace regrain::io {

// Right-aligned in width columns; empty if the number fits in no way.
inline std::string hybrid36(int64_t value, int width) {
  int64_t decimal_end = 1, block = 26;  // 10^width and 26 * 36^(width - 1)
  for (int i = 0; i < width; ++i) decimal_end *= 10;
  for (int i = 1; i < width; ++i) block *= 36;
  if (value < decimal_end && value > -(decimal_end / 10)) {
    const std::string digits = std::to_string(value);
    return std::string(static_cast<size_t>(width) - digits.size(), ' ') + digits;
  }
  if (value < 0) return {};
  value -= decimal_end;
  const char ten = value < block ? 'A' : 'a';
  if (value >= block) value -= block;
  if (value >= block) return {};
  value += block / 26 * 10;  // the first digit starts at ten, so that it is a letter
  std::string text(static_cast<size_t>(width), '0');
  for (size_t i = text.size(); i-- > 0; value /= 36) {
    const int digit = static_cast<int>(value % 36);
    text[i] = static_cast<char>(digit < 10 ? '0' + digit : ten + digit - 10);
  }
  return text;
}

}  // namespace regrain::io
