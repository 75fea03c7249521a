#include "kernels/internal_losses.hpp"

#include <cmath>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

namespace {

constexpr double kSoft = 1e-7;

double chord(double delta) {
  const double s = std::sin(delta / 2);
  return std::sqrt(4 * s * s + kSoft);
}
double chord_slope(double delta) { return std::sin(delta) / chord(delta); }

int count(View<const int, 2> mask_RT) {
  int n = 0;
  for (int m : mask_RT) n += m;
  return n;
}

}  // namespace

template <class T>
InternalLosses internal_losses(Cpu be, View<const T, 3> ic_RT3, View<const T, 3> target_RT3,
                               View<const int, 2> mask_RT) {
  REGRAIN_CHECK(
      ic_RT3.dim(2) == 3 && ic_RT3.size() == target_RT3.size() && ic_RT3.size() == 3 * mask_RT.size(),
      "internal_losses: ", ic_RT3.size(), " values, ", target_RT3.size(), " targets, mask of ",
      mask_RT.size());
  const int n = count(mask_RT);
  if (n == 0) return {};
  const auto mean = [&](int column, auto f) {
    return parallel_sum(
               be, mask_RT.size(),
               [&](std::size_t t) {
                 const std::size_t i = 3 * t + static_cast<std::size_t>(column);
                 return mask_RT.data()[t] ? f(double(ic_RT3.data()[i]) - double(target_RT3.data()[i])) : 0.0;
               }) /
           n;
  };
  return {mean(0, [](double delta) { return delta * delta; }), mean(1, chord), mean(2, chord)};
}

template <class T>
void internal_losses_backward(Cpu be, View<const T, 3> ic_RT3, View<const T, 3> target_RT3,
                              View<const int, 2> mask_RT, InternalLosses weight, View<T, 3> dic_RT3) {
  const double n = std::max(count(mask_RT), 1);
  parallel_for(be, mask_RT.dim(0), 50.0 * static_cast<double>(mask_RT.size()), [&](int r) {
    for (int t = 0; t < mask_RT.dim(1); ++t) {
      if (!mask_RT(r, t)) continue;
      const T *ic = &ic_RT3(r, t, 0), *target = &target_RT3(r, t, 0);
      T* dic = &dic_RT3(r, t, 0);
      const auto delta = [&](int c) { return double(ic[c]) - double(target[c]); };
      dic[0] += static_cast<T>(weight.length / n * 2 * delta(0));
      dic[1] += static_cast<T>(weight.angle / n * chord_slope(delta(1)));
      dic[2] += static_cast<T>(weight.torsion / n * chord_slope(delta(2)));
    }
  });
}

#define REGRAIN_INSTANTIATE(T)                                                                             \
  template InternalLosses internal_losses<T>(Cpu, View<const T, 3>, View<const T, 3>, View<const int, 2>); \
  template void internal_losses_backward<T>(Cpu, View<const T, 3>, View<const T, 3>, View<const int, 2>,   \
                                            InternalLosses, View<T, 3>);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
