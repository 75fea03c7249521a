#include "kernels/internal_losses.hpp"

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void internal_losses(Cpu be, View<const T, 3> ic_RT3, View<const T, 3> target_RT3, View<const int, 2> mask_RT,
                     InternalTerms<T> loss, int* n_rows) {
  REGRAIN_CHECK(
      ic_RT3.dim(2) == 3 && ic_RT3.size() == target_RT3.size() && ic_RT3.size() == 3 * mask_RT.size(),
      "internal_losses: ", ic_RT3.size(), " values, ", target_RT3.size(), " targets, mask of ",
      mask_RT.size());
  int n = 0;
  for (int m : mask_RT) n += m;
  const auto mean = [&](int column, auto f) {
    if (n == 0) return T(0);
    return static_cast<T>(
        parallel_sum(be, mask_RT.size(),
                     [&](std::size_t t) {
                       const std::size_t i = 3 * t + static_cast<std::size_t>(column);
                       return mask_RT.data()[t] ? f(double(ic_RT3.data()[i]) - double(target_RT3.data()[i])) : 0.0;
                     }) /
        n);
  };
  *loss.length = mean(0, [](double delta) { return delta * delta; });
  *loss.angle = mean(1, chord);
  *loss.torsion = mean(2, chord);
  *n_rows = n;
}

template <class T>
void internal_losses_backward(Cpu be, View<const T, 3> ic_RT3, View<const T, 3> target_RT3, View<const int, 2> mask_RT,
                              const int* n_rows, InternalTerms<const T> dloss, View<T, 3> dic_RT3) {
  const InternalWeights<T> weights(dloss, *n_rows);
  parallel_for(be, mask_RT.dim(0), 50.0 * static_cast<double>(mask_RT.size()), [&](int r) {
    for (int t = 0; t < mask_RT.dim(1); ++t)
      if (mask_RT(r, t)) weights.add_slopes(&ic_RT3(r, t, 0), &target_RT3(r, t, 0), &dic_RT3(r, t, 0));
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                                     \
  template void internal_losses<T>(Cpu, View<const T, 3>, View<const T, 3>, View<const int, 2>, InternalTerms<T>,  \
                                   int*);                                                                          \
  template void internal_losses_backward<T>(Cpu, View<const T, 3>, View<const T, 3>, View<const int, 2>,           \
                                            const int*, InternalTerms<const T>, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
