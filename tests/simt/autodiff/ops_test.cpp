// Ops that are no losses on a context of the device against one of the CPU, by the same tape code.
#include <gtest/gtest.h>

#include "autodiff/arithmetic.hpp"
#include "autodiff/bead_atoms.hpp"
#include "autodiff/dense.hpp"
#include "autodiff/internal_coordinates.hpp"
#include "autodiff/parameters.hpp"
#include "autodiff/rows.hpp"
#include "autodiff/segment.hpp"
#include "autodiff/soft_assignment.hpp"
#include "tests/simt/autodiff/both_sides.hpp"
#include "tests/support/graphs.hpp"
#include "tests/support/placement_case.hpp"

namespace regrain::test {
namespace {

// sum of all elements of x, each by its own weight
Var<double> weighed(Side& side, Var<double> x) {
  return dot_constant(side.tape(), x, side.array(x.shape(), 99));
}

TEST(OpsOnTheDevice, Rows) {
  for (int n : {0, 1, 33})
    expect_same_numbers([&](Side& side) {
      Tape<double>& tape = side.tape();
      const View<const int, 1> keep(side.array(random_index(n, 2, 3)).data(), {n});
      const Var<double> wide = add_widened(tape, side.leaf({n, 12}, 1), side.leaf({n, 24}, 2));
      const Var<double> features = invariant_features(tape, 1, Handedness::keep, keep_rows(tape, wide, keep));
      const Var<double> loss = weighed(side, add(tape, features, filled(tape, features.shape(), 2.0)));
      return side.played_back(add(tape, excess(tape, loss, 1e3), excess(tape, loss, -1e3)));
    });
}

TEST(OpsOnTheDevice, Placement) {
  for (int n : {0, 1, 33})
    expect_same_numbers([&](Side& side) {
      Tape<double>& tape = side.tape();
      const PlacementCase c(n);
      const auto whole = [&](const std::vector<int>& x) { return side.array(Tensor<int>::from(x)).data(); };
      const kernels::PlacementView residues{n, whole(c.type), whole(c.trace), whole(c.atom), whole(c.n_slots),
                                            whole(c.parents)};
      const InternalColumns<double> backbone{side.leaf({n, 3}, 1), side.leaf({n, 3}, 2), side.leaf({n, 3}, 3)};
      // nobody asks for the gradient of the side chain's lengths
      const InternalColumns<double> chain{tape.constant(side.array({n, 10}, 4)), side.leaf({n, 10}, 5),
                                          side.leaf({n, 10}, 6)};
      const View<const double, 2> trace(side.array(c.trace_N3));
      // two atoms that no slot names
      const Var<double> xyz = place_atoms(tape, join_internal(tape, backbone, chain), residues, trace, c.n_atoms + 2);
      return side.played_back(scale(tape, 1e-3, weighed(side, xyz)));
    });
}

TEST(OpsOnTheDevice, BeadAtoms) {
  for (int n : {0, 1, 33})
    for (bool recenter : {true, false})
      expect_same_numbers([&](Side& side) {
        std::vector<int> owner, channel;
        for (int atom = 0; atom < 3 * n; ++atom) {
          owner.push_back(atom % std::max(n, 1));
          channel.push_back(atom / std::max(n, 1));
        }
        const kernels::Graph beads = side.graph(kernels::pooling_graph(n, owner));
        const View<const int, 1> channels(side.array(Tensor<int>::from(channel)).data(), {3 * n});
        const Var<double> v = side.leaf({n, 3, 4}, 1);
        return side.played_back(
            weighed(side, place_bead_atoms<double>(side.tape(), v, beads, channels, side.array({n, 3}, 2), recenter)));
      });
}

TEST(OpsOnTheDevice, SoftAssignment) {
  for (int n : {1, 33})
    expect_same_numbers([&](Side& side) {
      Tape<double>& tape = side.tape();
      const Var<double> m = gumbel_softmax<double>(tape, side.leaf({n, 7}, 1), side.array({n, 7}, 2), 0.5);
      const Var<double> beads = matrix_product(tape, Trans::yes, normalize_columns(tape, m), side.leaf({n, 3}, 3));
      return side.played_back(weighed(side, beads));
    });
}

TEST(OpsOnTheDevice, DenseAndSegments) {
  for (int n : {0, 1, 33})
    expect_same_numbers([&](Side& side) {
      Tape<double>& tape = side.tape();
      const View<const int, 1> index(side.array(random_index(n, 5, 3)).data(), {n});
      const kernels::Graph g = side.graph(random_graph(n + 2, n, n == 0 ? 0 : 60, 4));
      const Var<double> x = embed(tape, side.leaf({5, 8}, 1), index);
      const Var<double> y = activate(tape, Activation::swish, linear(tape, x, side.leaf({6, 8}, 2), side.leaf({6}, 3)));
      return side.played_back(weighed(side, neighbor_reduce(tape, Reduce::mean, y, g)));
    });
}

// memory inside is given back, the result is not
TEST(OpsOnTheDevice, KeepAResultAloneWhereNothingIsRecorded) {
  REGRAIN_NEEDS_DEVICE();
  Context context(Device::cuda);
  Tape<double> tape(context, TapeMode::infer);
  const Tensor<double> x = to_backend(context, Tensor<double>({3}, {1, 2, 3}));
  std::size_t inside = 0;
  const Var<double> y = keep_result_of(tape, {3}, [&] {
    const Var<double> six_times = scale(tape, 3.0, scale(tape, 2.0, tape.leaf(x.ref())));
    inside = context.values().bytes_in_use();
    return six_times;
  });
  EXPECT_LT(context.values().bytes_in_use(), inside);
  double found[3];
  context.read(found, y.value().data(), sizeof found);
  EXPECT_EQ(found[2], 18);
}

// gradients add into the flat buffer, wherever that is, until they are zeroed
TEST(OpsOnTheDevice, ParametersMoveThere) {
  REGRAIN_NEEDS_DEVICE();
  ParameterSet<double> set;
  const Parameter<double>* p = set.add("p", {3});
  set.allocate();
  Context context(Device::cuda);
  set.move_to(context);
  const Tensor<double> ones = to_backend(context, Tensor<double>({3}, {1, 1, 1}));
  for (double expected : {1.0, 2.0}) {
    Tape<double> tape(context);
    tape.backward(dot_constant(tape, p->on(tape), ones.ref()));
    EXPECT_EQ(set.grads_on_host(context)[2], expected);
  }
  set.zero_grads(context);
  EXPECT_EQ(set.grads_on_host(context)[2], 0);
}

}  // namespace
}  // namespace regrain::test
