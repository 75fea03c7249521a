// The one way to start a kernel, and the only header of CUDA that kernel sources include.
//
//   launch<scale_kernel<T>>(be, blocks_for(n, kBlock), kBlock, 0, x.data(), n);
//
// Under nvcc that is <<<>>> with the launch checked; with REGRAIN_SIMT defined the same source is plain C++
// and runs in the emulation of tests/simt. The kernel is a template argument so that both know its name.
//
// Shared memory is declared by two macros, since the emulation fills it with NaN before every block:
//   REGRAIN_SHARED_ARRAY(T, tile, 256);   T tile[256], the size known to the compiler
//   REGRAIN_DYNAMIC_SHARED(T, tile);      T* tile, 16-byte aligned, as many bytes as the launch says; once a
//   kernel
#pragma once

#include <cstddef>
#include <type_traits>

#include "engine/arena.hpp"
#include "engine/backend.hpp"
#include "engine/errors.hpp"

#ifdef REGRAIN_SIMT
#include <simt/cuda.hpp>  // tests/simt
#define REGRAIN_SHARED_ARRAY(type, name, count)                         \
  static char name##_declaration;                                       \
  auto* const name = static_cast<type*>(::regrain::simt::static_shared( \
      &name##_declaration, sizeof(type) * (count), alignof(type), ::regrain::simt::Where::current()))
#define REGRAIN_DYNAMIC_SHARED(type, name) \
  auto* const name = static_cast<type*>(::regrain::simt::dynamic_shared(::regrain::simt::Where::current()))
#else
#include <cuda_runtime.h>
#define REGRAIN_SHARED_ARRAY(type, name, count) __shared__ type name[count]
#define REGRAIN_DYNAMIC_SHARED(type, name)                                \
  extern __shared__ __align__(16) unsigned char regrain_dynamic_shared[]; \
  auto* const name = reinterpret_cast<type*>(regrain_dynamic_shared)
#endif

namespace regrain::kernels {

// Threads of a block where nothing asks for another number.
constexpr unsigned kBlock = 256;

// Blocks for n threads of work; launch() starts nothing for 0.
inline dim3 blocks_for(std::size_t n, unsigned threads_of_block = kBlock) {
  const std::size_t blocks = (n + threads_of_block - 1) / threads_of_block;
  REGRAIN_CHECK(blocks <= 0x7FFFFFFF, "cuda: ", n, " threads are more than a grid holds");
  return dim3(static_cast<unsigned>(blocks));
}

// Number of this thread in a grid of one dimension.
__device__ inline std::size_t thread_of_grid() {
  return static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

template <auto Kernel, class... Parameters>
void launch_as(void (*)(Parameters...), const char* signature, Cuda be, dim3 grid, dim3 block,
               std::size_t shared_bytes, std::type_identity_t<Parameters>... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
#ifdef REGRAIN_SIMT
  // arguments are kept by value, as a recorded launch does
  simt::put(be.stream, [=] { simt::run_grid(signature, grid, block, shared_bytes, [&] { Kernel(arguments...); }); });
#else
  cudaError_t status = cudaSuccess;
  // more has to be asked for
  if (shared_bytes > (std::size_t{48} << 10))
    status = cudaFuncSetAttribute(Kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(shared_bytes));
  if (status == cudaSuccess) {
    // clang-format takes <<< for two operators
    // clang-format off
    Kernel<<<grid, block, shared_bytes, static_cast<cudaStream_t>(be.stream)>>>(arguments...);
    // clang-format on
    status = cudaGetLastError();
  }
  if (status != cudaSuccess)
    fail(ErrorKind::device, "cuda: launch of ", grid.x, "x", grid.y, "x", grid.z,
         " blocks: ", cudaGetErrorString(status), ", in ", signature);
#endif
}

// Starts Kernel(arguments...) on the stream of the tag; nothing if the grid is empty. Throws Error(device).
template <auto Kernel, class... Arguments>
void launch(Cuda be, dim3 grid, dim3 block, std::size_t shared_bytes, Arguments... arguments) {
  launch_as<Kernel>(Kernel, __PRETTY_FUNCTION__, be, grid, block, shared_bytes, arguments...);
}

}  // namespace regrain::kernels
