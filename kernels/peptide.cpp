#include "kernels/peptide.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void trace_backbone(Cpu be, const TraceFrames<T>& trace, View<const T, 2> out_NF, View<T, 3> backbone_N43) {
  const int n = trace.ca_N3.dim(0);
  REGRAIN_CHECK(out_NF.dim(0) == n && out_NF.dim(1) == kPeptideOutputs && backbone_N43.dim(0) == n &&
                    backbone_N43.dim(1) == kBackboneAtoms && trace.linked_N.dim(0) == n,
                "trace_backbone: ", n, " residues, results ", out_NF.dim(0), " x ", out_NF.dim(1), ", backbone of ", backbone_N43.dim(0));
  REGRAIN_CHECK(n == 0 || !trace.linked_N(n - 1), "trace_backbone: the last residue is bonded to a next one");
  parallel_for(be, n, 600.0 * n,
               [&](int i) { residue_backbone(trace, out_NF, i, i > 0 && trace.linked_N(i - 1), backbone_N43.row(i)); });
}

template void trace_backbone<float>(Cpu, const TraceFrames<float>&, View<const float, 2>, View<float, 3>);
template void trace_backbone<double>(Cpu, const TraceFrames<double>&, View<const double, 2>, View<double, 3>);

}  // namespace regrain::kernels
