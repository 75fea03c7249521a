// covers kernels/cuda/edge_geometry.cu
#include "kernels/edge_geometry.hpp"

#include "tests/simt/device_case.hpp"
#include "tests/support/graphs.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct EdgeGeometryOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(EdgeGeometryOnDevice, Scalars);

struct Case {
  int n_dst, n_src, n_edges;
};
// no nodes, no edges, nodes without any and one with more than two warps take at once
const Case kCases[] = {{0, 0, 0}, {1, 1, 0}, {1, 1, 1}, {2, 5, 150}, {33, 9, 40}};

TYPED_TEST(EdgeGeometryOnDevice, DistancesAndDirections) {
  for (const Case& k : kCases)
    for (Directions directions : {Directions::keep, Directions::drop}) {
      DeviceCase<TypeParam> c;
      const int n_units = directions == Directions::keep ? k.n_edges : 0;
      const auto g = c.graph(random_graph(k.n_dst, k.n_src, k.n_edges, 3));
      const auto x_dst = c.input({k.n_dst, 3}, 4.), x_src = c.input({k.n_src, 3}, 4.);
      const auto d = c.output({k.n_edges});
      const auto unit = c.output({n_units, 3});
      c.expect_same([&](auto on) {
        using T = typename decltype(on)::scalar;
        const EdgeGeometry<T> out = edge_geometry<T>(on.backend, on(g), on(x_dst), on(x_src), directions);
        EXPECT_EQ(out.unit_E3.dim(0), n_units);
        if constexpr (on.is_cuda) {
          device::copy_on_device(on(d).data(), out.d_E.data(), out.d_E.size() * sizeof(T), nullptr);
          device::copy_on_device(on(unit).data(), out.unit_E3.data(), out.unit_E3.size() * sizeof(T), nullptr);
        } else {
          std::copy(out.d_E.begin(), out.d_E.end(), on(d).begin());
          std::copy(out.unit_E3.begin(), out.unit_E3.end(), on(unit).begin());
        }
      });
    }
}

}  // namespace
}  // namespace regrain::kernels
