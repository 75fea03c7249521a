// Gates before and products after the filtered sum, all nine of them: two frames of 10 beads, and 64 samples
// of 50.
#include "kernels/message.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

constexpr int kIn = kPseudoGates.n_in(), kOut = kPseudoGates.n_out();  // rows of F channels: 23 and 25

// a gate times a vector for seven of nine; two are copied
auto gates(int n, int f) {
  return [=](Cpu) {
    const double elements = double(n) * f;
    return KernelCase{Work{21 * elements, kFloat * (9 + 6 + kIn) * elements},
                      [phi = normal({n, 9 * f}, 1), v = normal({n, 3, f}, 2), v_bar = normal({n, 3, f}, 3),
                       x = Tensor<float>({n, kIn, f})](Cpu be) mutable {
                        pseudo_gates<float>(be, PseudoGates(), std::as_const(phi), std::as_const(v),
                                            std::as_const(v_bar), x);
                      }};
  };
}
auto gates_backward(int n, int f) {
  return [=](Cpu) {
    const double elements = double(n) * f;
    return KernelCase{Work{2 * 42 * elements, kFloat * (9 + 6 + kIn + 2 * (9 + 6)) * elements},
                      [phi = normal({n, 9 * f}, 1), v = normal({n, 3, f}, 2), v_bar = normal({n, 3, f}, 3),
                       dx = normal({n, kIn, f}, 4), dphi = Tensor<float>({n, 9 * f}),
                       dv = Tensor<float>({n, 3, f}), dv_bar = Tensor<float>({n, 3, f})](Cpu be) mutable {
                        pseudo_gates_backward<float>(be, PseudoGates(), std::as_const(phi), std::as_const(v),
                                                     std::as_const(v_bar), std::as_const(dx), dphi, dv,
                                                     dv_bar);
                      }};
  };
}

struct State {
  Tensor<float> s, s_bar, v, v_bar;
  State(int n, int f, std::uint16_t op)
      : s(normal({n, f}, op)),
        s_bar(normal({n, f}, op)),
        v(normal({n, 3, f}, op)),
        v_bar(normal({n, 3, f}, op)) {}
  PseudoFeatures<const float> seen() const { return {s, s_bar, v, v_bar}; }
  PseudoFeatures<float> written() { return {s, s_bar, v, v_bar}; }
};
constexpr double kStateRows = 8;

// Three cross products 9 each, sums of vectors 3 each, products with a scalar 6, a dot product 5, a
// product 1.
constexpr double kCombineFlops = 27 + 15 + 12 + 5 + 1;

auto combine(int n, int f) {
  return [=](Cpu) {
    const double elements = double(n) * f;
    return KernelCase{Work{kCombineFlops * elements, kFloat * (kOut + 3 + 2 * kStateRows) * elements},
                      [y = normal({n, kOut, f}, 1), q = normal({n, 3, f}, 2), node = State(n, f, 3),
                       update = State(n, f, 4)](Cpu be) mutable {
                        pseudo_combine<float>(be, PseudoGates(), std::as_const(y), std::as_const(q),
                                              node.seen(), update.written());
                      }};
  };
}
auto combine_backward(int n, int f) {
  return [=](Cpu) {
    const double elements = double(n) * f;
    const double rows = kOut + 3 + 2 * kStateRows + 2 * (kOut + 3 + kStateRows);
    return KernelCase{Work{2 * kCombineFlops * elements, kFloat * rows * elements},
                      [y = normal({n, kOut, f}, 1), q = normal({n, 3, f}, 2), node = State(n, f, 3),
                       dupdate = State(n, f, 4), dy = Tensor<float>({n, kOut, f}),
                       dq = Tensor<float>({n, 3, f}), dnode = State(n, f, 5)](Cpu be) mutable {
                        pseudo_combine_backward<float>(be, PseudoGates(), std::as_const(y), std::as_const(q),
                                                       node.seen(), dupdate.seen(), dy, dq, dnode.written());
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
  return true;
}();

}  // namespace

}  // namespace regrain::bench
