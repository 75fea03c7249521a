# The kernel sources of the CUDA backend, in kernels/cuda: compiled by nvcc with REGRAIN_CUDA, by the C++ compiler for
# the emulation that the tests run them in.
set(REGRAIN_CUDA_KERNELS
  activation.cu
  edge_filter.cu
  edge_filter_dense.cu
  edge_filter_sparse.cu
  edge_geometry.cu
  gemm.cu
  message.cu
  reduce.cu
  segment.cu
  vector_update.cu
)
