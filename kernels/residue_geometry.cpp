#include "kernels/residue_geometry.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void residue_geometry(Cpu be, const TraceFrames<T>& trace, View<const T, 3> backbone_N43, View<const int, 1> type_N,
                      View<T, 2> rows_NG, View<T, 2> features_NF) {
  const int n = trace.ca_N3.dim(0);
  REGRAIN_CHECK(backbone_N43.dim(0) == n && type_N.dim(0) == n && rows_NG.dim(0) == n && rows_NG.dim(1) == kGeometry &&
                    features_NF.dim(0) == n && features_NF.dim(1) == kBackboneFeatures,
                "residue_geometry: ", n, " residues, backbone of ", backbone_N43.dim(0), ", ", type_N.dim(0), " types, results ",
                rows_NG.dim(0), " x ", rows_NG.dim(1), " and ", features_NF.dim(0), " x ", features_NF.dim(1));
  parallel_for(be, n, 300.0 * n, [&](int i) {
    residue_geometry(trace, backbone_N43, type_N(i), i, i > 0 && trace.linked_N(i - 1), rows_NG.row(i), features_NF.row(i));
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                               \
  template void residue_geometry<T>(Cpu, const TraceFrames<T>&, View<const T, 3>, View<const int, 1>, View<T, 2>,            \
                                    View<T, 2>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
