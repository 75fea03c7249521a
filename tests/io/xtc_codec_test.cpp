#include "io/xtc_codec.hpp"

#include <cmath>

#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

std::vector<float> round_trip(const std::vector<float>& xyz_A3, XtcPacking& packing,
                              size_t* n_bytes = nullptr) {
  std::vector<uint8_t> bytes = pack_coordinates(xyz_A3, packing, "x");
  if (n_bytes) *n_bytes = bytes.size();
  const size_t n = bytes.size();
  bytes.resize(n + 8);
  std::vector<float> back(xyz_A3.size());
  unpack_coordinates(packing, bytes.data(), n, "x", back);
  return back;
}

TEST(XtcCodec, RoundTripsAtEveryScale) {
  for (const int n_atoms : {1, 2, 3, 9, 10, 100, 1001})
    for (const float step : {0.0f, 0.01f, 0.3f, 1.5f, 20.0f, 3000.0f, 1e5f})
      for (uint64_t seed = 0; seed < 5; ++seed) {
        const std::vector<float> xyz_A3 = random_frame(n_atoms, seed, step).xyz_A3;
        XtcPacking packing;
        const std::vector<float> back = round_trip(xyz_A3, packing);
        for (size_t i = 0; i < xyz_A3.size(); ++i)
          ASSERT_NEAR(back[i], xyz_A3[i], 0.005 + 1e-6 * std::fabs(xyz_A3[i]))
              << n_atoms << " atoms, step " << step;
      }
}

TEST(XtcCodec, MixedScalesChangeTheRange) {
  // bonds, then jumps, then water-like triples: the range grows and shrinks and runs end
  Draws draws(3);
  std::vector<float> xyz_A3;
  float at[3] = {0, 0, 0};
  for (int a = 0; a < 3000; ++a) {
    const float step = a % 700 < 300 ? 1.0f : a % 700 < 400 ? 200.0f : (a % 3 == 0 ? 15.0f : 0.9f);
    for (float& x : at) xyz_A3.push_back(x += draws.uniform(-step, step));
  }
  XtcPacking packing;
  size_t n_bytes = 0;
  expect_near(round_trip(xyz_A3, packing, &n_bytes), xyz_A3, 0.0051);
  EXPECT_LT(n_bytes, xyz_A3.size() * 4 / 2) << "packed to less than half";
}

TEST(XtcCodec, OtherPrecisions) {
  for (const float precision : {100.0f, 10000.0f}) {
    XtcPacking packing;
    packing.precision = precision;
    const std::vector<float> xyz_A3 = random_frame(50, 1).xyz_A3;
    expect_near(round_trip(xyz_A3, packing), xyz_A3, 5.01 / precision + 1e-5);
  }
}

TEST(XtcCodec, TooLargeCoordinatesAreAnError) {
  XtcPacking packing;
  std::vector<float> xyz_A3 = random_frame(10, 1).xyz_A3;
  xyz_A3[7] = 3e7f;
  expect_error(ErrorKind::output, {"here", "atom 2", "DCD"},
               [&] { pack_coordinates(xyz_A3, packing, "here"); });
  xyz_A3[7] = 2.1e7f;
  xyz_A3[4] = -2.1e7f;  // together longer than 32 signed bits
  const std::vector<float> back = round_trip(xyz_A3, packing);
  EXPECT_NEAR(back[7], 2.1e7f, 3);
  EXPECT_NEAR(back[4], -2.1e7f, 3);
}

TEST(XtcCodec, RefusesStreamsThatNoWriterMakes) {
  XtcPacking good;
  std::vector<uint8_t> bytes = pack_coordinates(random_frame(40, 1).xyz_A3, good, "x");
  const size_t n = bytes.size();
  bytes.resize(n + 8);
  const auto unpack = [&](const XtcPacking& packing, size_t n_bytes, size_t n_atoms) {
    return [&bytes, packing, n_bytes, n_atoms] {
      std::vector<float> xyz_A3(n_atoms * 3);
      unpack_coordinates(packing, bytes.data(), n_bytes, "f.xtc: frame 2", xyz_A3);
    };
  };
  unpack(good, n, 40)();
  expect_error(ErrorKind::input, {"f.xtc: frame 2", "too early"}, unpack(good, n / 2, 40));
  expect_error(ErrorKind::input, {"too early"}, unpack(good, n, 60));
  for (const int small : {8, 73, -1, INT32_MAX}) {
    XtcPacking bad = good;
    bad.small_index = small;
    expect_error(ErrorKind::input, {"range of small"}, unpack(bad, n, 40));
  }
  for (const float precision : {0.0f, -1.0f, NAN, INFINITY}) {
    XtcPacking bad = good;
    bad.precision = precision;
    expect_error(ErrorKind::input, {"precision"}, unpack(bad, n, 40));
  }
  XtcPacking bad = good;
  std::swap(bad.lowest, bad.highest);
  expect_error(ErrorKind::input, {"lowest"}, unpack(bad, n, 40));
}

}  // namespace
}  // namespace regrain::io
