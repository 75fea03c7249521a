// covers kernels/cuda/residue_geometry.cu
#include "kernels/residue_geometry.hpp"

#include "tests/simt/kernels/trace_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct ResidueGeometryOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(ResidueGeometryOnDevice, Scalars);

TYPED_TEST(ResidueGeometryOnDevice, RowsAndFeatures) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const TraceCase<TypeParam> trace(c, n);
    const auto backbone = c.input({n, kBackboneAtoms, 3}, 2.0);
    const auto type = c.index({n}, 22);
    const auto rows = c.output({n, kGeometry}), features = c.output({n, kBackboneFeatures});
    c.expect_same(
        [&](auto on) {
          residue_geometry(on.backend, trace.frames(on), on(backbone), on(type), on(rows), on(features));
        },
        300);
  }
}

}  // namespace
}  // namespace regrain::kernels
