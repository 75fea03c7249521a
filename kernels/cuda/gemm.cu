// Matrix product on the device: the library's product (matrix_product.hpp), and what it leaves to do.
#include "kernels/gemm.hpp"

#include "kernels/cuda/launch.hpp"
#include "kernels/cuda/matrix_product.hpp"

namespace regrain::kernels {

namespace {

// c(i, j) = bias(j), or 0 where bias is null, added to what is there if `add`: the start values of a product.
// Grid: thread i cols + j writes c(i, j). One write, or a read and a write, an element: limited by memory.
template <class T>
__global__ void __launch_bounds__(kBlock)
    start_rows_kernel(T* __restrict__ c, int rows, int cols, std::ptrdiff_t stride,
                      const T* __restrict__ bias, bool add) {
  const std::size_t at = thread_of_grid(), n = static_cast<std::size_t>(cols);
  if (at >= static_cast<std::size_t>(rows) * n) return;
  T* to = c + static_cast<std::ptrdiff_t>(at / n) * stride + static_cast<std::ptrdiff_t>(at % n);
  *to = (bias ? bias[at % n] : T(0)) + (add ? *to : T(0));
}

}  // namespace

template <class T>
void gemm(Cuda be, Trans trans_a, Trans trans_b, MatrixRef<const T> a, MatrixRef<const T> b, MatrixRef<T> c,
          Write write, const T* bias_N) {
  const int depth = trans_a == Trans::no ? a.cols : a.rows;
  REGRAIN_CHECK((trans_a == Trans::no ? a.rows : a.cols) == c.rows &&
                    (trans_b == Trans::no ? b.cols : b.rows) == c.cols &&
                    (trans_b == Trans::no ? b.rows : b.cols) == depth,
                "gemm: a is ", a.rows, "x", a.cols, ", b is ", b.rows, "x", b.cols, ", c is ", c.rows, "x",
                c.cols);
  if (c.rows == 0 || c.cols == 0) return;
  const bool add = write == Write::accumulate;
  if (bias_N || (depth == 0 && !add)) {
    const std::size_t size = static_cast<std::size_t>(c.rows) * static_cast<std::size_t>(c.cols);
    launch<start_rows_kernel<T>>(be, blocks_for(size), kBlock, 0, c.data, c.rows, c.cols, c.stride, bias_N,
                                 add);
    write = Write::accumulate;
  }
  if (depth > 0) matrix_product<T>(be, trans_a, trans_b, a, b, c, write);
}

#define REGRAIN_INSTANTIATE(T)                                                                           \
  template void gemm<T>(Cuda, Trans, Trans, MatrixRef<const T>, MatrixRef<const T>, MatrixRef<T>, Write, \
                        const T*);
REGRAIN_INSTANTIATE(float)
REGRAIN_INSTANTIATE(double)
#undef REGRAIN_INSTANTIATE

}  // namespace regrain::kernels
