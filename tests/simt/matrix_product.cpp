// The matrix products of a device's library in the emulation: those of the CPU, on device memory.
#include "kernels/cuda/matrix_product.hpp"

#include "engine/arena.hpp"
#include "engine/errors.hpp"
#include "tests/simt/device_memory.hpp"
#include "tests/simt/stream.hpp"

namespace regrain::kernels {

namespace {

template <class T>
void check_range(MatrixRef<T> x, std::ptrdiff_t step, int count) {
  const std::ptrdiff_t size = (x.rows - 1) * x.stride + x.cols + (count - 1) * step;
  simt::check_device_range(x.data, sizeof(T) * static_cast<std::size_t>(size), "multiplying matrices:");
}

template <class T>
MatrixRef<T> moved(MatrixRef<T> x, std::ptrdiff_t elements) {
  return {x.data + elements, x.rows, x.cols, x.stride};
}

}  // namespace

template <class T>
void matrix_product(Cuda be, Trans trans_a, Trans trans_b, MatrixRef<const T> a, MatrixRef<const T> b,
                    MatrixRef<T> c, Write write, Batch batch) {
  REGRAIN_CHECK(batch.count > 0 && a.rows > 0 && a.cols > 0 && b.rows > 0 && b.cols > 0,
                "matrix_product: ", batch.count, " products of ", a.rows, "x", a.cols, " and ", b.rows, "x",
                b.cols);
  check_range(a, batch.a, batch.count);
  check_range(b, batch.b, batch.count);
  check_range(c, batch.c, batch.count);
  simt::put(be.stream, [=] {
    Arena scratch;
    const simt::OpenDeviceMemory open;
    for (int i = 0; i < batch.count; ++i)
      gemm<T>(Cpu{&scratch, 1}, trans_a, trans_b, moved(a, i * batch.a), moved(b, i * batch.b),
              moved(c, i * batch.c), write);
  });
}

template void matrix_product<float>(Cuda, Trans, Trans, MatrixRef<const float>, MatrixRef<const float>,
                                    MatrixRef<float>, Write, Batch);
template void matrix_product<double>(Cuda, Trans, Trans, MatrixRef<const double>, MatrixRef<const double>,
                                     MatrixRef<double>, Write, Batch);

}  // namespace regrain::kernels
