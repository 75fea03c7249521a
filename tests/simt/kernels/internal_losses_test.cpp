// covers kernels/cuda/internal_losses.cu
#include "kernels/internal_losses.hpp"

#include "tests/simt/device_case.hpp"

namespace regrain::kernels {
namespace {

using namespace regrain::test;

template <class T>
struct InternalLossesOnDevice : ::testing::Test {};
TYPED_TEST_SUITE(InternalLossesOnDevice, Scalars);

Tensor<int> mask_of(int residues, int rows, int below) {
  Tensor<int> mask({residues, rows});
  const Tensor<int> drawn = random_index(residues * rows, below, 9);
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = drawn[i] == 0;
  return mask;
}

// a row in 1, in 2, in a million: 31 residues have none
TYPED_TEST(InternalLossesOnDevice, LossesAndNumberOfRows) {
  for (const auto& [n, below] : {std::pair{0, 1}, {1, 1}, {3, 2}, {31, 1'000'000}, {2600, 2}}) {
    DeviceCase<TypeParam> c;
    const auto ic = c.input({n, 13, 3}, 2), target = c.input({n, 13, 3}, 2);
    const auto mask = c.input({n, 13}, mask_of(n, 13, below));
    const auto loss = c.output({3});
    const auto n_rows = c.int_output({1});
    c.expect_same([&](auto on) {
      auto* l = on(loss).data();
      internal_losses(on.backend, on(ic), on(target), on(mask), {l, l + 1, l + 2}, on(n_rows).data());
    });
  }
}

TYPED_TEST(InternalLossesOnDevice, Backward) {
  for (int n : {0, 1, 3, 31})
    for (int wanted : {1, 2, 7}) {
      DeviceCase<TypeParam> c;
      const auto ic = c.input({n, 13, 3}, 2), target = c.input({n, 13, 3}, 2);
      const auto mask = c.input({n, 13}, mask_of(n, 13, 2));
      const auto n_rows = c.input({1}, Tensor<int>::from({5 * n}));
      const auto dloss = c.input({3});
      const auto dic = c.sum({n, 13, 3});
      c.expect_same([&](auto on) {
        using S = typename decltype(on)::scalar;
        const S* d = on(dloss).data();
        internal_losses_backward<S>(on.backend, on(ic), on(target), on(mask), on(n_rows).data(),
                                    {wanted & 1 ? d : nullptr, wanted & 2 ? d + 1 : nullptr, wanted & 4 ? d + 2 : nullptr},
                                    on(dic));
      });
    }
}

}  // namespace
}  // namespace regrain::kernels
