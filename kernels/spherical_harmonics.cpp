#include "kernels/spherical_harmonics.hpp"

#include <cmath>

#include "engine/errors.hpp"
#include "kernels/parallel.hpp"

namespace regrain::kernels {

template <class T>
void spherical_harmonics(Cpu be, View<const T, 2> r_E3, View<T, 2> y_E9) {
  REGRAIN_CHECK(r_E3.dim(1) == 3 && y_E9.dim(1) == kHarmonics && y_E9.dim(0) == r_E3.dim(0),
                "spherical_harmonics: r is ", r_E3.dim(0), "x", r_E3.dim(1), ", y ", y_E9.dim(0), "x",
                y_E9.dim(1));
  const T sqrt3 = std::sqrt(T(3)), sqrt5 = std::sqrt(T(5)), sqrt15 = std::sqrt(T(15));
  parallel_for(be, r_E3.dim(0), 30.0 * r_E3.dim(0), [&](int e) {
    const T* r = r_E3.row(e);
    const T d = std::max(std::sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]), T(1e-12));
    const T x = r[0] / d, y = r[1] / d, z = r[2] / d;
    T* out = y_E9.row(e);
    out[0] = T(1);
    out[1] = sqrt3 * x;
    out[2] = sqrt3 * y;
    out[3] = sqrt3 * z;
    out[4] = sqrt15 * x * z;
    out[5] = sqrt15 * x * y;
    out[6] = sqrt5 * (y * y - T(0.5) * (x * x + z * z));
    out[7] = sqrt15 * y * z;
    out[8] = T(0.5) * sqrt15 * (z * z - x * x);
  });
}

template void spherical_harmonics<float>(Cpu, View<const float, 2>, View<float, 2>);
template void spherical_harmonics<double>(Cpu, View<const double, 2>, View<double, 2>);

}  // namespace regrain::kernels
