#include "io/safetensors.hpp"

#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

std::string file_of(const std::string& header, const std::string& data) {
  std::string length(8, '\0');
  for (size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(uint64_t{header.size()} >> (8 * i));
  return length + header + data;
}

TEST(Safetensors, RoundTrip) {
  TestFolder folder;
  SafetensorsWriter writer;
  const std::vector<float> f{1, 2, 3, 4, 5, 6};
  const std::vector<double> d{1e-300, -2};
  const std::vector<int64_t> i{INT64_MIN, INT64_MAX};
  const std::vector<uint8_t> u{0, 255, 7};
  const int32_t scalar = -5;
  writer.add("z.weight", {2, 3}, f.data());
  writer.add("a.double", {2}, d.data());
  writer.add("ints", {2, 1}, i.data());
  writer.add("bytes", {3}, u.data());
  writer.add("scalar", {}, &scalar);
  writer.add("empty", {0, 4}, f.data());
  writer.set_metadata("config", "{\"a\": \"\\n\"}");
  const std::string path = folder.path("x.safetensors");
  writer.write(path, false);
  const Safetensors file = Safetensors::load(path);
  EXPECT_EQ(file.floats("z.weight"), f);
  EXPECT_EQ(file.doubles("z.weight"), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file.doubles("a.double"), d);
  EXPECT_EQ(file.floats("a.double")[1], -2);
  EXPECT_EQ(file.integers("ints"), i);
  EXPECT_EQ(file.integers("bytes"), (std::vector<int64_t>{0, 255, 7}));
  EXPECT_EQ(file.integers("scalar"), (std::vector<int64_t>{-5}));
  EXPECT_EQ(file.info("z.weight").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(file.info("empty").n_elements(), 0);
  EXPECT_EQ(file.metadata().at("config"), "{\"a\": \"\\n\"}");
  EXPECT_EQ(writer.header().size() % 8, 0u);
  EXPECT_EQ(writer.header().back(), writer.header().size() % 8 == 0 ? writer.header().back() : ' ');
  expect_error(ErrorKind::checkpoint, {"x.safetensors", "\"w\""}, [&] { file.floats("w"); });
  expect_error(ErrorKind::checkpoint, {"ints", "I64", "F32"}, [&] { file.floats("ints"); });
  expect_error(ErrorKind::output, {"--force"}, [&] { writer.write(path, false); });
}

TEST(Safetensors, EqualContentGivesEqualBytes) {
  const float x = 1;
  SafetensorsWriter a, b;
  a.add("p", {1}, &x);
  a.add("q", {}, &x);
  b.add("q", {}, &x);
  b.add("p", {1}, &x);
  EXPECT_EQ(a.header(), b.header());
  expect_error(ErrorKind::internal, {"\"p\"", "taken"}, [&] { a.add("p", {1}, &x); });
}

TEST(Safetensors, AsOthersWriteIt) {
  const Safetensors file = Safetensors::parse(
      file_of(R"({"__metadata__":{"format":"pt"},"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}  )",
              "abcd"),
      "x");
  EXPECT_EQ(file.info("w").dtype, DType::BF16);
  EXPECT_EQ(file.bytes("w"), "abcd");
  EXPECT_EQ(file.metadata().at("format"), "pt");
  EXPECT_TRUE(Safetensors::parse(file_of("{}", ""), "x").tensors().empty());
}

TEST(Safetensors, HostileHeaders) {
  const auto bad = [](const std::string& header, const std::string& piece,
                      const std::string& data = "12345678") {
    expect_error(ErrorKind::checkpoint, {"x.st", piece},
                 [&] { Safetensors::parse(file_of(header, data), "x.st"); });
  };
  const std::string w = R"({"w":{"dtype":"F32","shape":)";
  bad(w + R"([2],"data_offsets":[0,9]}})", "0 to 9 of 8");
  bad(w + R"([2],"data_offsets":[8,0]}})", "8 to 0");
  bad(w + R"([3],"data_offsets":[0,8]}})", "expected 12");
  bad(w + R"([-2],"data_offsets":[0,8]}})", "no count");
  bad(w + R"([2.0],"data_offsets":[0,8]}})", "no count");
  bad(w + R"([4294967296,4294967296,4294967296],"data_offsets":[0,8]}})", "impossible");
  bad(w + R"([18446744073709551615],"data_offsets":[0,8]}})", "no count");
  bad(w + R"([1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}})", "dimensions");
  bad(w + R"([1],"data_offsets":[0,4]},"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "overlap");
  bad(w + R"([1],"data_offsets":[4,8]}})", "gap");
  bad(w + R"([1],"data_offsets":[0,4]}})", "which has 8");
  bad(w + R"([2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "twice");
  bad(w + R"([2],"data_offsets":[0,8],"more":1}})", "exactly");
  bad(R"({"w":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", "F31");
  bad(R"({"w":3})", "exactly");
  bad(R"({"__metadata__":{"a":1}})", "string");
  bad(R"([])", "object");
  bad(R"({"w":)", "JSON");
  bad(std::string(100000, '['), "nested");
  expect_error(ErrorKind::checkpoint, {"x.st", "announces"},
               [] { Safetensors::parse(std::string(16, '\x7f'), "x.st"); });
  expect_error(ErrorKind::checkpoint, {"x.st", "only 3"}, [] { Safetensors::parse("abc", "x.st"); });
}

}  // namespace
}  // namespace regrain::io
