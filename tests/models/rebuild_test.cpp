// Frames are rebuilt as if each were alone, whatever they share on the way.
#include "models/allatom/rebuild.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/support/made_up_protein.hpp"

namespace regrain::test {
namespace {

using namespace models::allatom;

RebuildSettings few_steps() {
  RebuildSettings settings{.draws = 9};
  settings.packing.relaxation.steps = 4;
  settings.packing.relaxation.renew = 2;
  return settings;
}

struct Frames {
  Model<double> model{small_allatom_config(4, 2)};
  RebuildInput<double> input;
  RebuildSettings settings = few_steps();

  Frames() { model.initialize(5); }
  void add(const Protein& p) {
    const auto number = static_cast<std::uint32_t>(input.frames.size());
    input.frames.push_back(p.frame());
    input.rng.push_back({.seed = 1, .step = number, .op = 16});
    input.frame.push_back(static_cast<int>(number));
    input.sample.push_back(0);
  }
  std::vector<double> rebuilt(const RebuildInput<double>& in, int n_threads) const {
    Context context(n_threads);
    const Tensor<double> atoms = rebuild<double>(context, model, in, settings);
    return {atoms.begin(), atoms.end()};
  }
  std::vector<double> together() const { return rebuilt(input, 2); }
  std::vector<double> one_by_one() const {
    std::vector<double> all;
    int from = 0;
    for (std::size_t f = 0; f < input.frames.size(); ++f) {
      RebuildInput<double> one{{input.frames[f]}, {input.rng[f]}, {input.frame[f]}, {input.sample[f]}, {}, {}, {}};
      const int n = input.frames[f].sequence->n_residues();
      if (input.known_N14_3.data()) one.known_N14_3 = View<const double, 3>(input.known_N14_3.row(from), {n, kResidueSlots, 3});
      const std::vector<double> atoms = rebuilt(one, 1);
      all.insert(all.end(), atoms.begin(), atoms.end());
      from += n;
    }
    return all;
  }
};

// Copies of a frame, which the networks see once, between others: of the same sequence, and empty.
TEST(Rebuild, OfCopiesIsThatOfEachAlone) {
  Frames f;
  const Protein a(12, 1), b(9, 2), none(0, 3);
  Protein moved(12, 1);
  moved.ca[4] += 0.2;
  TraceFrame<double> same_sequence{&a.sequence, moved.ca.data()};
  for (const Protein* p : {&a, &a, &b, &a, &a, &none, &none, &b}) f.add(*p);
  f.add(a);
  f.input.frames.back() = same_sequence;
  const std::vector<double> together = f.together();
  EXPECT_EQ(together, f.one_by_one());
  // draws of their own
  constexpr std::ptrdiff_t size = 12 * 3 * kResidueSlots;
  EXPECT_FALSE(std::equal(together.begin(), together.begin() + size, together.begin() + size));
}

// More frames than are taken at a time.
TEST(Rebuild, InPartsIsThatOfEachAlone) {
  Frames f;
  f.settings.draws = 2;
  f.settings.packing.relax = false;
  const Protein a(700, 1), b(690, 2);
  for (const Protein* p : {&a, &a, &b, &a, &a, &a, &b}) f.add(*p);
  EXPECT_EQ(f.together(), f.one_by_one());
}

TEST(Rebuild, OfCopiesWithKnownAtomsOfTheirOwn) {
  Frames f;
  const Protein a(12, 1);
  f.add(a);
  f.add(a);
  Tensor<double> known({24, kResidueSlots, 3});
  std::fill(known.begin(), known.end(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t k = 0; k < 3; ++k) known[(15 * kResidueSlots + kernels::kAtN) * 3 + k] = a.ca[9 + k] + (k == 0 ? 1.46 : 0);
  f.input.known_N14_3 = View<const double, 3>(known);
  const std::vector<double> together = f.together();
  EXPECT_EQ(together, f.one_by_one());
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(together[(15 * kResidueSlots + kernels::kAtN) * 3 + k], known[(15 * kResidueSlots + kernels::kAtN) * 3 + k]);
}

}  // namespace
}  // namespace regrain::test
