// Matrix products by cuBLAS, loaded when the first one is asked for: the library takes half a GiB, and a
// program that stays on the CPU must start without it. So its functions are declared here and no header of it
// is needed.
//
// A handle belongs to a stream and keeps its workspace: with one stream and a workspace of its own cuBLAS
// promises the same bits every run, and it allocates nothing later. Pedantic mode: no TF32, no other
// shortened arithmetic.
#include <dlfcn.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

#include "engine/device.hpp"
#include "engine/errors.hpp"
#include "kernels/cuda/matrix_product.hpp"

namespace regrain::kernels {

namespace {

using Handle = void*;
using Status = int;  // 0: success

constexpr int kPedanticMath = 2;                                // CUBLAS_PEDANTIC_MATH
constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;  // what NVIDIA advises for Hopper

template <class T>
using Gemm = Status (*)(Handle, int, int, int, int, int, const T*, const T*, int, const T*, int, const T*, T*,
                        int);
template <class T>
using GemmBatch = Status (*)(Handle, int, int, int, int, int, const T*, const T*, int, long long, const T*,
                             int, long long, const T*, T*, int, long long, int);

// cuBLAS 13 and 12, where the loader looks and where toolkits put it.
void* open_library() {
  std::string folders[] = {"", "", "/usr/local/cuda/lib64/", "/opt/cuda/lib64/"};
  if (const char* home = std::getenv("CUDA_HOME")) folders[1] = std::string(home) + "/lib64/";
  for (const std::string& folder : folders)
    for (const char* name : {"libcublas.so.13", "libcublas.so.12"})
      if (void* library = dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  fail(ErrorKind::device, "cuda: no libcublas.so.13 or libcublas.so.12 (", dlerror(),
       "); install cuBLAS of the CUDA toolkit and add its folder to LD_LIBRARY_PATH, or compute on the CPU");
}

struct Library {
  void* library = open_library();
  Status (*create)(Handle*);
  Status (*set_stream)(Handle, void*);
  Status (*set_workspace)(Handle, void*, std::size_t);
  Status (*set_math_mode)(Handle, int);
  const char* (*status_text)(Status);
  Gemm<float> sgemm;
  Gemm<double> dgemm;
  GemmBatch<float> sgemm_batch;
  GemmBatch<double> dgemm_batch;

  Library() {
    find(create, "cublasCreate_v2");
    find(set_stream, "cublasSetStream_v2");
    find(set_workspace, "cublasSetWorkspace_v2");
    find(set_math_mode, "cublasSetMathMode");
    find(status_text, "cublasGetStatusString");
    find(sgemm, "cublasSgemm_v2");
    find(dgemm, "cublasDgemm_v2");
    find(sgemm_batch, "cublasSgemmStridedBatched");
    find(dgemm_batch, "cublasDgemmStridedBatched");
  }
  template <class Function>
  void find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (!function) fail(ErrorKind::device, "cuda: cuBLAS has no ", name, "; version 12 or 13 is needed");
  }
  void check(Status status, const char* what) const {
    if (status) fail(ErrorKind::device, "cuda: cuBLAS, ", what, ": ", status_text(status));
  }
};

const Library& library() {
  static const Library the;
  return the;
}

// The handle of a stream, made at its first product. Handles live as long as the program: CUDA may be gone by
// the time static objects are destroyed.
Handle handle_of(void* stream) {
  static std::mutex mutex;
  static auto& handles = *new std::map<void*, Handle>;
  const std::lock_guard lock(mutex);
  Handle& handle = handles[stream];
  if (handle) return handle;
  const Library& cublas = library();
  Handle made = nullptr;
  cublas.check(cublas.create(&made), "starting");
  // in this order: a new stream would take the workspace away
  cublas.check(cublas.set_stream(made, stream), "choosing the stream");
  void* workspace = device::allocate(kWorkspaceBytes);
  if (!workspace)
    fail(ErrorKind::device, "cuda: no ", kWorkspaceBytes >> 20, " MiB left for cuBLAS; use smaller batches");
  cublas.check(cublas.set_workspace(made, workspace, kWorkspaceBytes), "setting the workspace");
  cublas.check(cublas.set_math_mode(made, kPedanticMath), "setting the precision");
  return handle = made;
}

Gemm<float> gemm_of(float) { return library().sgemm; }
Gemm<double> gemm_of(double) { return library().dgemm; }
GemmBatch<float> gemm_batch_of(float) { return library().sgemm_batch; }
GemmBatch<double> gemm_batch_of(double) { return library().dgemm_batch; }

}  // namespace

template <class T>
void matrix_product(Cuda be, Trans trans_a, Trans trans_b, MatrixRef<const T> a, MatrixRef<const T> b,
                    MatrixRef<T> c, Write write, Batch batch) {
  const Handle handle = handle_of(be.stream);
  // cuBLAS has columns where we have rows: c^T = op(b)^T op(a)^T
  const int op_a = trans_a == Trans::yes, op_b = trans_b == Trans::yes,
            depth = trans_a == Trans::no ? a.cols : a.rows;
  const int lda = static_cast<int>(a.stride), ldb = static_cast<int>(b.stride),
            ldc = static_cast<int>(c.stride);
  const T one = T(1), beta = write == Write::accumulate ? T(1) : T(0);
  const Status status = batch.count == 1 ? gemm_of(T())(handle, op_b, op_a, c.cols, c.rows, depth, &one,
                                                        b.data, ldb, a.data, lda, &beta, c.data, ldc)
                                         : gemm_batch_of(T())(handle, op_b, op_a, c.cols, c.rows, depth, &one,
                                                              b.data, ldb, batch.b, a.data, lda, batch.a,
                                                              &beta, c.data, ldc, batch.c, batch.count);
  library().check(status, "multiplying matrices");
}

template void matrix_product<float>(Cuda, Trans, Trans, MatrixRef<const float>, MatrixRef<const float>,
                                    MatrixRef<float>, Write, Batch);
template void matrix_product<double>(Cuda, Trans, Trans, MatrixRef<const double>, MatrixRef<const double>,
                                     MatrixRef<double>, Write, Batch);

}  // namespace regrain::kernels
