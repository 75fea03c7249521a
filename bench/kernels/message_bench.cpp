// Gates before and products after the filtered sum. All nine of them: two frames of 10 beads, and 64 samples
// of 50; three: the nodes of the message block.
#include "kernels/message.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kIn = kPseudoGates.n_in(), kOut = kPseudoGates.n_out();  // rows of F channels: 23 and 25

// a gate times a vector for seven of nine; two are copied
auto gates(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{
        Work{21 * elements, kFloat * (9 + 6 + kIn) * elements},
        [phi = on(normal({n, 9 * f}, 1)), v = on(normal({n, 3, f}, 2)), v_bar = on(normal({n, 3, f}, 3)),
         x = on(Tensor<float>({n, kIn, f}))](auto be) mutable {
          pseudo_gates<float>(be, PseudoGates(), std::as_const(phi), std::as_const(v), std::as_const(v_bar),
                              x);
        }};
  };
}
auto gates_backward(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{
        Work{2 * 42 * elements, kFloat * (9 + 6 + kIn + 2 * (9 + 6)) * elements},
        [phi = on(normal({n, 9 * f}, 1)), v = on(normal({n, 3, f}, 2)), v_bar = on(normal({n, 3, f}, 3)),
         dx = on(normal({n, kIn, f}, 4)), dphi = on(Tensor<float>({n, 9 * f})),
         dv = on(Tensor<float>({n, 3, f})), dv_bar = on(Tensor<float>({n, 3, f}))](auto be) mutable {
          pseudo_gates_backward<float>(be, PseudoGates(), std::as_const(phi), std::as_const(v),
                                       std::as_const(v_bar), std::as_const(dx), dphi, dv, dv_bar);
        }};
  };
}

struct State {
  Tensor<float> s, s_bar, v, v_bar;
  State(const Place& on, int n, int f, std::uint16_t op)
      : s(on(normal({n, f}, op))),
        s_bar(on(normal({n, f}, op))),
        v(on(normal({n, 3, f}, op))),
        v_bar(on(normal({n, 3, f}, op))) {}
  PseudoFeatures<const float> seen() const { return {s, s_bar, v, v_bar}; }
  PseudoFeatures<float> written() { return {s, s_bar, v, v_bar}; }
};
constexpr double kStateRows = 8;

// Three cross products 9 each, sums of vectors 3 each, products with a scalar 6, a dot product 5, a
// product 1.
constexpr double kCombineFlops = 27 + 15 + 12 + 5 + 1;

auto combine(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{Work{kCombineFlops * elements, kFloat * (kOut + 3 + 2 * kStateRows) * elements},
                      [y = on(normal({n, kOut, f}, 1)), q = on(normal({n, 3, f}, 2)),
                       node = State(on, n, f, 3), update = State(on, n, f, 4)](auto be) mutable {
                        pseudo_combine<float>(be, PseudoGates(), std::as_const(y), std::as_const(q),
                                              node.seen(), update.written());
                      }};
  };
}
auto combine_backward(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    const double rows = kOut + 3 + 2 * kStateRows + 2 * (kOut + 3 + kStateRows);
    return KernelCase{
        Work{2 * kCombineFlops * elements, kFloat * rows * elements},
        [y = on(normal({n, kOut, f}, 1)), q = on(normal({n, 3, f}, 2)), node = State(on, n, f, 3),
         dupdate = State(on, n, f, 4), dy = on(Tensor<float>({n, kOut, f})),
         dq = on(Tensor<float>({n, 3, f})), dnode = State(on, n, f, 5)](auto be) mutable {
          pseudo_combine_backward<float>(be, PseudoGates(), std::as_const(y), std::as_const(q), node.seen(),
                                         dupdate.seen(), dy, dq, dnode.written());
        }};
  };
}

// three gates: a vector times a scalar, a scalar and a direction, which are copied
constexpr int kThreeIn = kEquivariantGates.n_in(), kThreeOut = kEquivariantGates.n_out();

auto three_gates(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{Work{3 * elements, kFloat * (3 + 3 + kThreeIn) * elements},
                      [phi = on(normal({n, 3 * f}, 1)), v = on(normal({n, 3, f}, 2)),
                       x = on(Tensor<float>({n, kThreeIn, f}))](auto be) mutable {
                        equivariant_gates<float>(be, std::as_const(phi), std::as_const(v), x);
                      }};
  };
}
auto three_gates_backward(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{
        Work{2 * 6 * elements, kFloat * (3 + 3 + kThreeIn + 2 * (3 + 3)) * elements},
        [phi = on(normal({n, 3 * f}, 1)), v = on(normal({n, 3, f}, 2)), dx = on(normal({n, kThreeIn, f}, 3)),
         dphi = on(Tensor<float>({n, 3 * f})), dv = on(Tensor<float>({n, 3, f}))](auto be) mutable {
          equivariant_gates_backward<float>(be, std::as_const(phi), std::as_const(v), std::as_const(dx), dphi,
                                            dv);
        }};
  };
}
auto three_combine(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{Work{3 * elements, kFloat * (kThreeOut + 4) * elements},
                      [y = on(normal({n, kThreeOut, f}, 1)), ds = on(Tensor<float>({n, f})),
                       dv = on(Tensor<float>({n, 3, f}))](auto be) mutable {
                        equivariant_combine<float>(be, std::as_const(y), ds, dv);
                      }};
  };
}
auto three_combine_backward(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{Work{kThreeOut * elements, kFloat * (2 * kThreeOut + 4) * elements},
                      [ds = on(normal({n, f}, 1)), dv = on(normal({n, 3, f}, 2)),
                       dy = on(Tensor<float>({n, kThreeOut, f}))](auto be) mutable {
                        equivariant_combine_backward<float>(be, std::as_const(ds), std::as_const(dv), dy);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const auto& [n, f] : {std::pair{20, 472}, std::pair{3200, 563}}) {
    const std::string size = concat(n, "x", f);
    add_kernel("pseudo_gates/" + size, gates(n, f));
    add_kernel("pseudo_gates_backward/" + size, gates_backward(n, f));
    add_kernel("pseudo_combine/" + size, combine(n, f));
    add_kernel("pseudo_combine_backward/" + size, combine_backward(n, f));
  }
  // the block of MessageBlock
  add_kernel("equivariant_gates/2000x128", three_gates(2000, 128));
  add_kernel("equivariant_gates_backward/2000x128", three_gates_backward(2000, 128));
  add_kernel("equivariant_combine/2000x128", three_combine(2000, 128));
  add_kernel("equivariant_combine_backward/2000x128", three_combine_backward(2000, 128));
  return true;
}();

}  // namespace

}  // namespace regrain::bench
