// covers kernels/cuda/peptide.cu
#include "tests/simt/kernels/trace_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct PeptideOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(PeptideOnDevice, Scalars);

TYPED_TEST(PeptideOnDevice, TraceBackbone) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const TraceCase<TypeParam> trace(c, n);
    const auto out = c.input({n, kPeptideOutputs});
    const auto backbone = c.output({n, kBackboneAtoms, 3});
    c.expect_same([&](auto on) { trace_backbone(on.backend, trace.frames(on), on(out), on(backbone)); }, 300);
  }
}

}  // namespace
}  // namespace regrain::kernels
