// The published code's RMSD, bond graph, validity and signed graph distance, on ten residues under
// growing noise (tests/golden/cgvae/metrics_10res.safetensors). The coordinates are a short piece of the
// adenylate kinase trajectory of the PyPI package MDAnalysisTests.
#include <gtest/gtest.h>

#include <map>

#include "driver/metrics/bond_graph.hpp"
#include "driver/metrics/superposition.hpp"
#include "io/safetensors.hpp"

namespace regrain::metrics {
namespace {

struct Case {
  io::Safetensors file =
      io::Safetensors::load(REGRAIN_SOURCE_DIR "/tests/golden/cgvae/metrics_10res.safetensors");
  std::vector<int64_t> z = file.integers("z");
  int n_atoms = static_cast<int>(z.size());
  std::vector<float> reference = file.floats("xyz_ref"), generated = file.floats("xyz_gen");

  std::vector<int> all, heavy;
  Case() {
    for (int a = 0; a < n_atoms; ++a) {
      all.push_back(a);
      if (z[static_cast<size_t>(a)] != 1) heavy.push_back(a);
    }
  }
  Points truth(const std::vector<int>& atoms) const {
    return pick(to_points(reference.data(), n_atoms), atoms);
  }
  Points sample(int s, const std::vector<int>& atoms) const {
    return pick(to_points(generated.data() + 3 * n_atoms * s, n_atoms), atoms);
  }
  std::vector<double> radii(const std::vector<int>& atoms) const {
    static const std::map<int64_t, std::string> element{{1, "H"}, {6, "C"}, {7, "N"}, {8, "O"}, {16, "S"}};
    std::vector<double> radius_A;
    for (const int a : atoms) radius_A.push_back(covalent_radius(element.at(z[static_cast<size_t>(a)])));
    return radius_A;
  }
};

TEST(MetricsGolden, BondMatrix) {
  const Case c;
  const auto matrix = c.file.integers("ref_bond_matrix_all");
  BondList expected;
  for (int a = 0; a < c.n_atoms; ++a)
    for (int b = a + 1; b < c.n_atoms; ++b)
      if (matrix[static_cast<size_t>(a * c.n_atoms + b)]) expected.emplace_back(a, b);
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(bond_graph(c.radii(c.all), c.truth(c.all)), expected);
}

TEST(MetricsGolden, ValidityAndSignedDistance) {
  const Case c;
  for (const char* which : {"all", "heavy"}) {
    const std::vector<int>& atoms = which == std::string("all") ? c.all : c.heavy;
    const auto flag = c.file.doubles(which + std::string("_valid_flag")),
               ged = c.file.doubles(which + std::string("_ged"));
    const auto radii = c.radii(atoms);
    const BondList reference = bond_graph(radii, c.truth(atoms));
    for (int s = 0; s < 7; ++s) {
      const GraphDifference d = graph_difference(reference, bond_graph(radii, c.sample(s, atoms)));
      const auto i = static_cast<size_t>(s);
      EXPECT_EQ(d.equal(), flag[i] != 0) << which << " " << s;
      // the reference divided in float: the same integers give the same float, to the bit
      EXPECT_EQ(static_cast<float>(d.nged_reference()), static_cast<float>(ged[i])) << which << " " << s;
      EXPECT_GE(d.nged(), d.nged_reference());
    }
  }
}

TEST(MetricsGolden, UnalignedRmsd) {
  const Case c;
  for (const char* which : {"all", "heavy"}) {
    const std::vector<int>& atoms = which == std::string("all") ? c.all : c.heavy;
    const auto expected = c.file.floats(std::string("rmsd_") + which);  // computed in float there
    for (int s = 0; s < 7; ++s) {
      const double value = rmsd(c.sample(s, atoms), c.truth(atoms)),
                   golden = expected[static_cast<size_t>(s)];
      EXPECT_NEAR(value, golden, 1e-6 * golden) << which << " " << s;
      EXPECT_LE(superposed_rmsd(c.sample(s, atoms), c.truth(atoms)), value + 1e-12);
    }
  }
}

}  // namespace
}  // namespace regrain::metrics
