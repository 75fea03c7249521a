// Geometry and features of residues on the device: the function of residue_geometry.hpp, a residue a thread.
#include "kernels/residue_geometry.hpp"

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kResidues = 64;  // of a block

// rows of residue i. Grid: thread i. Some 300 operations for 30 values read and 43 written, neighbouring threads at
// neighbouring rows: limited by the latency of those.
template <class T>
__global__ void __launch_bounds__(kResidues)
    residue_geometry_kernel(TraceFrames<T> trace, View<const T, 3> backbone_N43, View<const int, 1> type_N,
                            View<T, 2> rows_NG, View<T, 2> features_NF) {
  const std::size_t thread = thread_of_grid();
  if (thread >= static_cast<std::size_t>(rows_NG.dim(0))) return;
  const int i = static_cast<int>(thread);
  residue_geometry(trace, backbone_N43, type_N(i), i, i > 0 && trace.linked_N(i - 1), rows_NG.row(i), features_NF.row(i));
}

}  // namespace

template <class T>
void residue_geometry(Cuda be, const TraceFrames<T>& trace, View<const T, 3> backbone_N43, View<const int, 1> type_N,
                      View<T, 2> rows_NG, View<T, 2> features_NF) {
  const int n = trace.ca_N3.dim(0);
  REGRAIN_CHECK(backbone_N43.dim(0) == n && type_N.dim(0) == n && rows_NG.dim(0) == n && rows_NG.dim(1) == kGeometry &&
                    features_NF.dim(0) == n && features_NF.dim(1) == kBackboneFeatures,
                "residue_geometry: ", n, " residues, backbone of ", backbone_N43.dim(0), ", ", type_N.dim(0), " types, results ",
                rows_NG.dim(0), " x ", rows_NG.dim(1), " and ", features_NF.dim(0), " x ", features_NF.dim(1));
  launch<residue_geometry_kernel<T>>(be, blocks_for(static_cast<std::size_t>(n), kResidues), kResidues, 0, trace,
                                     backbone_N43, type_N, rows_NG, features_NF);
}

#define REGRAIN_INSTANTIATE(T)                                                                                     \
  template void residue_geometry<T>(Cuda, const TraceFrames<T>&, View<const T, 3>, View<const int, 1>, View<T, 2>, \
                                    View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
