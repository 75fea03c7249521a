// covers kernels/cuda/internal_coordinates.cu
#include "kernels/internal_coordinates.hpp"

#include "tests/simt/device_case.hpp"
#include "tests/support/placement_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct Placement : ::testing::Test {};
TYPED_TEST_SUITE(Placement, Scalars);

// A chain of n residues of two types whose every fifth atom is missing, as arrays of a case.
template <class T>
struct PlacementOnDevice {
  PlacementCase chain;
  CaseArray<int, 1, true> type, trace, atom, n_slots, parents;
  CaseArray<void, 2, true> trace_N3;

  PlacementOnDevice(DeviceCase<T>& c, int n) : chain(n) {
    for (std::size_t i = 0; i < chain.atom.size(); i += 5) chain.atom[i] = -1;
    const auto whole = [&](const std::vector<int>& x) {
      return c.input({static_cast<int>(x.size())}, Tensor<int>::from(x));
    };
    type = whole(chain.type);
    trace = whole(chain.trace);
    atom = whole(chain.atom);
    n_slots = whole(chain.n_slots);
    parents = whole(chain.parents);
    trace_N3 = c.input({n + 2, 3}, chain.trace_N3);
  }
  template <class Side>
  PlacementView view(const Side& on) const {
    return {static_cast<int>(chain.type.size()),
            on(type).data(),
            on(trace).data(),
            on(atom).data(),
            on(n_slots).data(),
            on(parents).data()};
  }
};

// a chain of 13 placements, some 100 roundings each
constexpr double kSteps = 1300;

TYPED_TEST(Placement, PlaceAtoms) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const PlacementOnDevice<TypeParam> p(c, n);
    const auto ic = c.input({n, kInternalRows, 3}, sane_internal(n));
    const auto xyz = c.sum({p.chain.n_atoms, 3});  // atoms in no slot stay what they are
    c.expect_same([&](auto on) { place_atoms(on.backend, p.view(on), on(p.trace_N3), on(ic), on(xyz)); },
                  kSteps);
  }
}

TYPED_TEST(Placement, PlaceAtomsBackward) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const PlacementOnDevice<TypeParam> p(c, n);
    Tensor<double> values = sane_internal(n);
    for (std::size_t i = 0; i < values.size(); i += 3 * 7) values[i] = -values[i];  // a length's sign
    const auto ic = c.input({n, kInternalRows, 3}, std::move(values));
    const auto dxyz = c.input({p.chain.n_atoms, 3});
    const auto dic = c.sum({n, kInternalRows, 3});
    c.expect_same(
        [&](auto on) {
          place_atoms_backward(on.backend, p.view(on), on(p.trace_N3), on(ic), on(dxyz), on(dic));
        },
        kSteps);
  }
}

TYPED_TEST(Placement, InternalCoordinates) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const PlacementOnDevice<TypeParam> p(c, n);
    const auto xyz = c.input({p.chain.n_atoms, 3}, 3.0);
    const auto ic = c.output({n, kInternalRows, 3});
    c.expect_same(
        [&](auto on) { internal_coordinates(on.backend, p.view(on), on(p.trace_N3), on(xyz), on(ic)); },
        kSteps);
  }
}

TYPED_TEST(Placement, JoinInternal) {
  for (int n : kWarpSizes) {
    DeviceCase<TypeParam> c;
    const auto length = c.input({n, 3}), angle = c.input({n, 3}), torsion = c.input({n, 3});
    const auto side_length = c.input({n, 10}), side_angle = c.input({n, 10}), side_torsion = c.input({n, 10});
    const auto ic = c.output({n, kInternalRows, 3});
    c.expect_same([&](auto on) {
      using T = typename decltype(on)::scalar;
      join_internal<T>(on.backend, {on(length), on(angle), on(torsion)},
                       {on(side_length), on(side_angle), on(side_torsion)}, on(ic));
    });
  }
}

TYPED_TEST(Placement, JoinInternalBackward) {
  for (int n : kWarpSizes)
    for (bool all : {true, false}) {
      DeviceCase<TypeParam> c;
      const auto dic = c.input({n, kInternalRows, 3});
      const auto length = c.sum({n, 3}), angle = c.sum({n, 3}), torsion = c.sum({n, 3});
      const auto side_length = c.sum({n, 10}), side_angle = c.sum({n, 10}), side_torsion = c.sum({n, 10});
      c.expect_same([&](auto on) {
        using T = typename decltype(on)::scalar;
        const View<T, 2> nobody;
        join_internal_backward<T>(
            on.backend, on(dic), {on(length), all ? on(angle) : nobody, on(torsion)},
            {all ? on(side_length) : nobody, on(side_angle), all ? on(side_torsion) : nobody});
      });
    }
}

}  // namespace
}  // namespace regrain::kernels
