// The matrix products of the device's library, as the kernels ask for them. Written twice:
// matrix_product_cublas.cpp on cuBLAS, and tests/simt/matrix_product.cpp, which the emulation has in its
// place.
#pragma once

#include "kernels/gemm.hpp"

namespace regrain::kernels {

// Several products of one shape: how many, and the elements from one to the next.
struct Batch {
  int count = 1;
  std::ptrdiff_t a = 0, b = 0, c = 0;
};

// c (+)= op(a) op(b) for every product of the batch, none of whose sizes is 0. In the precision of T
// throughout, and two runs on one device give the same bits. Throws Error(device) if there is no cuBLAS.
template <class T>
void matrix_product(Cuda, Trans trans_a, Trans trans_b, MatrixRef<const T> a, MatrixRef<const T> b,
                    MatrixRef<T> c, Write write, Batch batch = {});

}  // namespace regrain::kernels
