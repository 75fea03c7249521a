// covers kernels/cuda/message.cu
#include "kernels/message.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct Message : ::testing::Test {};
TYPED_TEST_SUITE(Message, Scalars);

const int kChannels[] = {1, 7, 32};

// all gates; those of a layer without vectors; of one whose pseudovectors nobody reads; one gate alone
const PseudoGates kGates[] = {PseudoGates{}, PseudoGates::of(0b000000011, false),
                              PseudoGates::of(0b001011111, true), PseudoGates::of(0b100000000, false)};

TYPED_TEST(Message, EquivariantGates) {
  for (int n : kWarpSizes)
    for (int f : kChannels) {
      DeviceCase<TypeParam> c;
      const auto phi = c.input({n, 3 * f});
      const auto v = c.input({n, 3, f});
      const auto x = c.output({n, 5, f});
      c.expect_same([&](auto on) { equivariant_gates(on.backend, on(phi), on(v), on(x)); });
    }
}

TYPED_TEST(Message, EquivariantGatesBackward) {
  for (int n : kWarpSizes)
    for (int wanted = 0; wanted < 4; ++wanted) {
      const int f = 7;
      DeviceCase<TypeParam> c;
      const auto phi = c.input({n, 3 * f});
      const auto v = c.input({n, 3, f});
      const auto dx = c.input({n, 5, f});
      const auto dphi = c.sum({n, 3 * f});
      const auto dv = c.sum({n, 3, f});
      c.expect_same([&](auto on) {
        using T = typename decltype(on)::scalar;
        equivariant_gates_backward<T>(on.backend, on(phi), on(v), on(dx),
                                      wanted & 1 ? on(dphi) : View<T, 2>(),
                                      wanted & 2 ? on(dv) : View<T, 3>());
      });
    }
}

TYPED_TEST(Message, EquivariantCombine) {
  for (int n : kWarpSizes)
    for (int f : kChannels) {
      DeviceCase<TypeParam> c;
      const auto y = c.input({n, 7, f});
      const auto ds = c.output({n, f});
      const auto dv = c.output({n, 3, f});
      c.expect_same([&](auto on) { equivariant_combine(on.backend, on(y), on(ds), on(dv)); });
    }
}

TYPED_TEST(Message, EquivariantCombineBackward) {
  for (int n : kWarpSizes)
    for (int f : kChannels) {
      DeviceCase<TypeParam> c;
      const auto grad_ds = c.input({n, f});
      const auto grad_dv = c.input({n, 3, f});
      const auto grad_y = c.sum({n, 7, f});
      c.expect_same(
          [&](auto on) { equivariant_combine_backward(on.backend, on(grad_ds), on(grad_dv), on(grad_y)); });
    }
}

TYPED_TEST(Message, PseudoGatesMakeTheirRows) {
  for (const PseudoGates& gates : kGates)
    for (int n : kWarpSizes) {
      const int f = 7;
      DeviceCase<TypeParam> c;
      const auto phi = c.input({n, gates.layout.n_gates * f});
      const auto v = c.input({n, 3, f}), v_bar = c.input({n, 3, f});
      const auto x = c.output({n, gates.layout.n_in(), f});
      c.expect_same([&](auto on) { pseudo_gates(on.backend, gates, on(phi), on(v), on(v_bar), on(x)); });
    }
}

TYPED_TEST(Message, PseudoGatesBackward) {
  for (const PseudoGates& gates : kGates)
    for (int n : kWarpSizes)
      for (int wanted = 0; wanted < 4; ++wanted) {
        const int f = 5;
        DeviceCase<TypeParam> c;
        const auto phi = c.input({n, gates.layout.n_gates * f});
        const auto v = c.input({n, 3, f}), v_bar = c.input({n, 3, f});
        const auto dx = c.input({n, gates.layout.n_in(), f});
        const auto dphi = c.sum({n, gates.layout.n_gates * f});
        const auto dv = c.sum({n, 3, f}), dv_bar = c.sum({n, 3, f});
        c.expect_same([&](auto on) {
          using T = typename decltype(on)::scalar;
          pseudo_gates_backward<T>(on.backend, gates, on(phi), on(v), on(v_bar), on(dx), on(dphi),
                                   wanted & 1 ? on(dv) : View<T, 3>(),
                                   wanted & 2 ? on(dv_bar) : View<T, 3>());
        });
      }
}

TYPED_TEST(Message, PseudoCombine) {
  for (const PseudoGates& gates : kGates)
    for (int n : kWarpSizes)
      for (int f : kChannels) {
        DeviceCase<TypeParam> c;
        const auto y = c.input({n, gates.layout.n_out(), f});
        const auto q = c.input({n, 3, f});
        const auto s = c.input({n, f}), s_bar = c.input({n, f});
        const auto v = c.input({n, 3, f}), v_bar = c.input({n, 3, f});
        const auto ds = c.output({n, f}), ds_bar = c.output({n, f});
        const auto dv = c.output({n, 3, f}), dv_bar = c.output({n, 3, f});
        c.expect_same([&](auto on) {
          using T = typename decltype(on)::scalar;
          pseudo_combine<T>(on.backend, gates, on(y), on(q), {on(s), on(s_bar), on(v), on(v_bar)},
                            {on(ds), on(ds_bar), on(dv), on(dv_bar)});
        });
      }
}

TYPED_TEST(Message, PseudoCombineBackward) {
  for (const PseudoGates& gates : kGates)
    for (int n : kWarpSizes)
      // everything, nothing, and two mixtures of gradients that exist and gradients that are wanted
      for (int wanted : {0b111111111, 0, 0b101010101, 0b010101010}) {
        const int f = 5;
        DeviceCase<TypeParam> c;
        const auto y = c.input({n, gates.layout.n_out(), f});
        const auto q = c.input({n, 3, f});
        const auto s = c.input({n, f}), s_bar = c.input({n, f}), gs = c.input({n, f}),
                   gs_bar = c.input({n, f});
        const auto v = c.input({n, 3, f}), v_bar = c.input({n, 3, f}), gv = c.input({n, 3, f}),
                   gv_bar = c.input({n, 3, f});
        const auto grad_y = c.sum({n, gates.layout.n_out(), f});
        const auto grad_q = c.sum({n, 3, f});
        const auto to_s = c.sum({n, f}), to_s_bar = c.sum({n, f});
        const auto to_v = c.sum({n, 3, f}), to_v_bar = c.sum({n, 3, f});
        c.expect_same([&](auto on) {
          using T = typename decltype(on)::scalar;
          const auto or_null = [&](int bit, auto array) {
            auto view = on(array);
            return wanted >> bit & 1 ? view : decltype(view)();
          };
          pseudo_combine_backward<T>(
              on.backend, gates, on(y), on(q), {on(s), on(s_bar), on(v), on(v_bar)},
              {or_null(0, gs), or_null(1, gs_bar), or_null(2, gv), or_null(3, gv_bar)}, on(grad_y),
              or_null(4, grad_q),
              {or_null(5, to_s), or_null(6, to_s_bar), or_null(7, to_v), or_null(8, to_v_bar)});
        });
      }
}

}  // namespace
}  // namespace regrain::kernels
