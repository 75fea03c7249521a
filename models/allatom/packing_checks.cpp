#include "models/allatom/packing_checks.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/errors.hpp"

namespace regrain::models::allatom {

namespace {

// A protein has one residue in 130 A^3, so 60 in a box of 20 A; more than 16 times as many are a mistake.
constexpr int kMostNear = 1000;
constexpr double kBox = 20;

}  // namespace

void check_settings(const PackingSettings& settings) {
  REGRAIN_CHECK(settings.beta > 0 && settings.sample_beta >= 0 && settings.rounds >= 0 && settings.sweeps >= 0,
                "packing: inverse temperatures ", settings.beta, " and ", settings.sample_beta, ", ", settings.rounds,
                " rounds, ", settings.sweeps, " sweeps; expected positive ones");
}

template <class T>
void check_density(View<const T, 2> ca_R3, const std::vector<int>& first_of_set) {
  for (std::size_t g = 0; g + 1 < first_of_set.size(); ++g) {
    std::vector<std::array<int, 3>> boxes;
    for (int r = first_of_set[g]; r < first_of_set[g + 1]; ++r) {
      std::array<int, 3> box{};
      for (int k = 0; k < 3; ++k)
        box[static_cast<std::size_t>(k)] = static_cast<int>(std::clamp(std::floor(static_cast<double>(ca_R3(r, k)) / kBox), -1e9, 1e9));
      boxes.push_back(box);
    }
    std::sort(boxes.begin(), boxes.end());
    for (std::size_t i = 0; i + kMostNear < boxes.size(); ++i)
      if (boxes[i] == boxes[i + kMostNear])
        fail(ErrorKind::input, "packing: more than ", kMostNear, " residues within a box of ", kBox,
             " A; are coordinates missing, or are several models read as one?");
  }
}

template void check_density<float>(View<const float, 2>, const std::vector<int>&);
template void check_density<double>(View<const double, 2>, const std::vector<int>&);

}  // namespace regrain::models::allatom
