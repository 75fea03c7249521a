#include "io/json_config.hpp"

#include "tests/io/test_files.hpp"

namespace regrain::io {
namespace {

ConfigSchema schema() {
  ConfigSchema s;
  s.text("model.kind", "stage1", "which model", {"stage1", "stage2"})
      .integer("model.channels", 64, 1, 1024, "features")
      .number("model.cutoff", 8.5, 0, 100, "reach in Angstrom")
      .number("train.learning_rate", 1e-4, 0, 1, "step of Adam")
      .flag("train.resume", false, "go on")
      .integers("model.layers", {4, 2}, 1, 64, "depths")
      .numbers("train.betas", {0.9, 0.999}, 0, 1, "of Adam")
      .texts("train.files", {}, "inputs")
      .integer("train.seed", 1, ConfigSchema::kMin, ConfigSchema::kMax, "of everything random");
  return s;
}

Config parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return Config::parse(text, "c.json", schema(), overrides);
}

TEST(Config, DefaultsValuesAndOverrides) {
  const Config config =
      parse(R"({"$schema": "x", "model": {"cutoff": 12, "layers": [1, 2, 3]}, "train": {"seed": 1e3}})",
            {"train.learning_rate=3e-4", "model.kind=stage2", "train.resume=true", "train.files=[\"a\"]"});
  EXPECT_EQ(config.number("model.cutoff"), 12);
  EXPECT_EQ(config.integer("model.channels"), 64);
  EXPECT_EQ(config.integer("train.seed"), 1000);
  EXPECT_EQ(config.integers("model.layers"), (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(config.numbers("train.betas"), (std::vector<double>{0.9, 0.999}));
  EXPECT_EQ(config.number("train.learning_rate"), 3e-4);
  EXPECT_EQ(config.text("model.kind"), "stage2");
  EXPECT_TRUE(config.flag("train.resume"));
  EXPECT_EQ(config.texts("train.files"), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(config.is_given("model.cutoff"));
  EXPECT_FALSE(config.is_given("model.channels"));
  expect_error(ErrorKind::internal, {"model.cutof"}, [&] { config.number("model.cutof"); });
  expect_error(ErrorKind::internal, {"another type"}, [&] { config.integer("model.cutoff"); });
}

TEST(Config, EffectiveReadsBackToItself) {
  const Config config =
      parse(R"({"model": {"cutoff": 0.1}})", {"train.files=[\"a b\"]", "train.seed=9223372036854775807"});
  const Config again = parse(config.effective_json());
  EXPECT_EQ(again.effective_json(), config.effective_json());
  EXPECT_EQ(again.number("model.cutoff"), 0.1);
  EXPECT_EQ(again.integer("train.seed"), INT64_MAX);
  EXPECT_EQ(parse(schema().defaults_json()).effective_json(), parse("{}").effective_json());
}

TEST(Config, ErrorsNamePlaceKeyAndWayOut) {
  const auto bad = [](const std::string& text, const std::vector<std::string>& pieces) {
    expect_error(ErrorKind::input, pieces, [&] { parse(text); });
  };
  bad("{\n  \"model\": {\"cutof\": 3}\n}",
      {"c.json:2:13", "model.cutof: unknown key", "did you mean \"model.cutoff\"?"});
  bad(R"({"modle": {}})", {"c.json:1:2", "did you mean \"model\"?"});
  bad(R"({"cutoff": 3})", {"did you mean \"model.cutoff\"?"});
  bad(R"({"xyzzy": 3})", {"xyzzy: unknown key", "--defaults"});
  bad(R"({"model": 3})", {"model is a group"});
  bad(R"({"model": {"cutoff": "8"}})", {"model.cutoff is \"8\"", "a number"});
  bad(R"({"model": {"cutoff": -1}})", {"c.json:1:12", "-1", "between 0 and 100"});
  bad(R"({"model": {"channels": 1.5}})", {"1.5", "an integer"});
  bad(R"({"train": {"seed": 18446744073709551615}})", {"an integer"});
  bad(R"({"model": {"kind": "stage3"}})", {"\"stage1\", \"stage2\"", "did you mean \"stage1\"?"});
  bad(R"({"model": {"layers": [1, 0]}})", {"model.layers", "between 1 and 64"});
  bad(R"({"model": {"layers": 1}})", {"a list"});
  bad(R"({"train": {"resume": 1}})", {"true or false"});
  bad("{\"a\": 1,\n \"a\": 2}", {"c.json:2:2", "\"a\" comes twice"});
  bad("{\n // no\n}", {"c.json:2:2", "without comments"});
  bad("{\"a\": 1,}", {"c.json:1:9"});
  bad("", {"c.json:1:1"});
  bad("[]", {"c.json:1:1", "{ ... }"});
  bad("{\"a\": \"\xff\"}", {"c.json:1:"});
  bad("{\"model\": {\"cutoff\": 1e999}}", {"c.json:1:"});
  bad(std::string(5000, '['), {"nested"});
  expect_error(ErrorKind::usage, {"--set model.cutof=3", "did you mean"},
               [] { parse("{}", {"model.cutof=3"}); });
  expect_error(ErrorKind::usage, {"--set model.cutoff=x", "a number"},
               [] { parse("{}", {"model.cutoff=x"}); });
  expect_error(ErrorKind::usage, {"--set model.cutoff", "key=value"}, [] { parse("{}", {"model.cutoff"}); });
}

TEST(Config, RequiredKeys) {
  ConfigSchema s;
  s.text("data.top", "", "the topology").required();
  expect_error(ErrorKind::input, {"c.json", "data.top is missing", "--set data.top"},
               [&] { Config::parse("{}", "c.json", s); });
  EXPECT_EQ(Config::parse("{}", "c.json", s, {"data.top=12.pdb"}).text("data.top"), "12.pdb");
  EXPECT_NE(s.json_schema().find("\"required\""), std::string::npos);
}

TEST(Config, SchemaTellsTypesRangesAndHelp) {
  const std::string text = schema().json_schema();
  for (const char* piece : {"\"enum\"", "\"stage2\"", "\"minimum\"", "\"reach in Angstrom\"",
                            "\"additionalProperties\": false", "\"array\""})
    EXPECT_NE(text.find(piece), std::string::npos) << piece;
}

TEST(Config, Nearest) {
  EXPECT_EQ(nearest("learning_rat", {"learning_rate", "layers"}), "learning_rate");
  EXPECT_EQ(nearest("zzz", {"learning_rate"}), "");
  EXPECT_EQ(nearest("", {"a"}), "a");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace regrain::io
