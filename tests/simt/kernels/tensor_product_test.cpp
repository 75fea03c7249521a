// covers kernels/cuda/tensor_product.cu
#include "tests/simt/kernels/tensor_product_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct TensorProduct : ::testing::Test {};
TYPED_TEST_SUITE(TensorProduct, Scalars);

// against the definition
TYPED_TEST(TensorProduct, Forward) {
  for (int level = 0; level <= kMaxLevel; ++level)
    for (const TensorProductSizes& k : kTensorProductSizes) {
      SCOPED_TRACE(concat("level ", level, ", ", k.n_edges, " edges"));
      DeviceCase<TypeParam> c;
      const TensorProductCase<TypeParam> a(c, k, level, level == 1 ? EndOrder::sender_first : EndOrder::receiver_first,
                                           random_graph(k.n_dst, k.n_src, k.n_edges, 3));
      const auto out = c.output({k.n_dst, feature_width(level + 1)});
      c.expect_same(
          [&](auto on) {
            using T = typename decltype(on)::scalar;
            tensor_product_convolution<T>(on.backend, TensorProductForm::direct, level, on(a.g), on(a.y), a.network(on),
                                          on(a.last), on(a.last_bias), on(out));
          },
          300);
    }
}

// the same among points, whose harmonics are made on the way
TYPED_TEST(TensorProduct, AmongPoints) {
  const int n = 6;
  for (int level = 0; level <= kMaxLevel; ++level)
    for (int n_edges : {0, 1, 150}) {
      DeviceCase<TypeParam> c;
      const TensorProductCase<TypeParam> a(c, {n, n, n_edges, 12, 12, 36}, level, EndOrder::receiver_first,
                                           random_graph(n, n, n_edges, 3));
      const auto x = c.input({n, 3}, 5);
      const auto out = c.output({n, feature_width(level + 1)});
      c.expect_same(
          [&](auto on) {
            using T = typename decltype(on)::scalar;
            tensor_product_convolution<T>(on.backend, level, on(a.g), on(x), a.network(on), on(a.last), on(a.last_bias),
                                          on(out));
          },
          300);
    }
}

}  // namespace
}  // namespace regrain::kernels
