// Backbones on the device: the functions of peptide.hpp, a residue a thread. Residues know nothing of each other's result,
// a peptide is built by both residues it belongs to.
#include "kernels/peptide.hpp"

#include "kernels/cuda/launch.hpp"

namespace regrain::kernels {

namespace {

constexpr unsigned kResidues = 64;  // of a block

// backbone of residue i. Grid: thread i. Some 600 operations, 20 roots and divisions among them in turn, for 90 values read
// and 12 written, rows of neighbours from the first cache: limited by latency up to some 10^5 residues.
template <class T>
__global__ void __launch_bounds__(kResidues)
    trace_backbone_kernel(TraceFrames<T> trace, View<const T, 2> out_NF, View<T, 3> backbone_N43) {
  const std::size_t thread = thread_of_grid();
  if (thread >= static_cast<std::size_t>(backbone_N43.dim(0))) return;
  const int i = static_cast<int>(thread);
  residue_backbone(trace, out_NF, i, i > 0 && trace.linked_N(i - 1), backbone_N43.row(i));
}

}  // namespace

template <class T>
void trace_backbone(Cuda be, const TraceFrames<T>& trace, View<const T, 2> out_NF, View<T, 3> backbone_N43) {
  const int n = trace.ca_N3.dim(0);
  REGRAIN_CHECK(out_NF.dim(0) == n && out_NF.dim(1) == kPeptideOutputs && backbone_N43.dim(0) == n &&
                    backbone_N43.dim(1) == kBackboneAtoms && trace.linked_N.dim(0) == n,
                "trace_backbone: ", n, " residues, results ", out_NF.dim(0), " x ", out_NF.dim(1), ", backbone of ", backbone_N43.dim(0));
  launch<trace_backbone_kernel<T>>(be, blocks_for(static_cast<std::size_t>(n), kResidues), kResidues, 0, trace, out_NF,
                                   backbone_N43);
}

template void trace_backbone<float>(Cuda, const TraceFrames<float>&, View<const float, 2>, View<float, 3>);
template void trace_backbone<double>(Cuda, const TraceFrames<double>&, View<const double, 2>, View<double, 3>);

}  // namespace regrain::kernels
