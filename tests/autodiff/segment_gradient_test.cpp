#include "autodiff/segment.hpp"

#include "tests/support/gradient.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::test {
namespace {

TEST(NeighborReduceGradient, MatchesDifferences) {
  for (int n_edges : {0, 1, 7, 130}) {
    const Graph g = random_graph(5, 6, n_edges, 4);
    for (Reduce reduce : {Reduce::sum, Reduce::mean})
      expect_gradient([&](auto& t, const auto& x) { return std::vector{neighbor_reduce(t, reduce, x[0], g)}; },
                      {random({6, 3})});
  }
}

}  // namespace
}  // namespace regrain::test
