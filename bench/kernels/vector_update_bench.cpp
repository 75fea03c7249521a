// The pointwise part of the update block: two frames of 10 beads, and 64 samples of 50.
#include "kernels/vector_update.hpp"

#include "bench/support/kernel_bench.hpp"

namespace regrain::bench {

namespace {

using namespace kernels;

auto norm(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{Work{7 * elements, 4 * kFloat * elements},
                      [v = on(normal({n, 3, f}, 1)), y = on(Tensor<float>({n, f}))](auto be) mutable {
                        vector_norm<float>(be, std::as_const(v), y);
                      }};
  };
}
// v and dv three, norm and its gradient one each; dv is added to
auto norm_backward(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{Work{7 * elements, 11 * kFloat * elements},
                      [v = on(normal({n, 3, f}, 1)), y = on(normal({n, f}, 2)), dy = on(normal({n, f}, 3)),
                       dv = on(Tensor<float>({n, 3, f}))](auto be) mutable {
                        vector_norm_backward<float>(be, std::as_const(v), std::as_const(y), std::as_const(dy),
                                                    dv);
                      }};
  };
}
// ds = q1 (a . b) + q2: 7, dv = q0 a: 3
auto gated(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{
        Work{10 * elements, 13 * kFloat * elements},
        [q = on(normal({n, 3 * f}, 1)), a = on(normal({n, 3, f}, 2)), b = on(normal({n, 3, f}, 3)),
         ds = on(Tensor<float>({n, f})), dv = on(Tensor<float>({n, 3, f}))](auto be) mutable {
          gated_update<float>(be, std::as_const(q), std::as_const(a), std::as_const(b), ds, dv);
        }};
  };
}
// nine numbers are read, four gradients, and nine are added to
auto gated_backward(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{
        Work{33 * elements, 31 * kFloat * elements},
        [q = on(normal({n, 3 * f}, 1)), a = on(normal({n, 3, f}, 2)), b = on(normal({n, 3, f}, 3)),
         ds = on(normal({n, f}, 4)), dv = on(normal({n, 3, f}, 5)), dq = on(Tensor<float>({n, 3 * f})),
         da = on(Tensor<float>({n, 3, f})), db = on(Tensor<float>({n, 3, f}))](auto be) mutable {
          gated_update_backward<float>(be, std::as_const(q), std::as_const(a), std::as_const(b),
                                       std::as_const(ds), std::as_const(dv), dq, da, db);
        }};
  };
}

// dv = q a
auto vectors_alone(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{
        Work{3 * elements, 7 * kFloat * elements},
        [q = on(normal({n, f}, 1)), a = on(normal({n, 3, f}, 2)), dv = on(Tensor<float>({n, 3, f}))](
            auto be) mutable { gate_vectors<float>(be, std::as_const(q), std::as_const(a), dv); }};
  };
}

// q and a are read, the gradient of the result three, and four added to
auto vectors_alone_backward(int n, int f) {
  return [=](const Place& on) {
    const double elements = double(n) * f;
    return KernelCase{Work{12 * elements, 15 * kFloat * elements},
                      [q = on(normal({n, f}, 1)), a = on(normal({n, 3, f}, 2)), dv = on(normal({n, 3, f}, 3)),
                       dq = on(Tensor<float>({n, f})), da = on(Tensor<float>({n, 3, f}))](auto be) mutable {
                        gate_vectors_backward<float>(be, std::as_const(q), std::as_const(a),
                                                     std::as_const(dv), dq, da);
                      }};
  };
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const auto& [n, f] : {std::pair{20, 472}, std::pair{3200, 563}}) {
    const std::string size = concat(n, "x", f);
    add_kernel("vector_norm/" + size, norm(n, f));
    add_kernel("vector_norm_backward/" + size, norm_backward(n, f));
    add_kernel("gate_vectors/" + size, vectors_alone(n, f));
    add_kernel("gate_vectors_backward/" + size, vectors_alone_backward(n, f));
    add_kernel("gated_update/" + size, gated(n, f));
    add_kernel("gated_update_backward/" + size, gated_backward(n, f));
  }
  return true;
}();

}  // namespace

}  // namespace regrain::bench
