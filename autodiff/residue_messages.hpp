// Messages between residues that know each other's frames, as one op.
#pragma once

#include "autodiff/tape.hpp"
#include "kernels/residue_messages.hpp"

namespace regrain {

using kernels::Graph;
using kernels::ResidueGeometry;

// y_NH(i) = sum over j -> i of silu(a_i + b_j + W e_ij); see kernels/residue_messages.hpp. The geometry is data, without a
// gradient; graph and geometry must outlive the tape.
template <class T>
Var<T> residue_messages(Tape<T>& tape, Var<T> a_NH, Var<T> b_NH, Var<T> weight_HE, const Graph& graph,
                        const ResidueGeometry<T>& geometry);

}  // namespace regrain
