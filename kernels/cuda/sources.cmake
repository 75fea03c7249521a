# The kernel sources of the CUDA backend, in kernels/cuda: compiled by nvcc with REGRAIN_CUDA, by the C++ compiler for
# the emulation that the tests run them in.
set(REGRAIN_CUDA_KERNELS
  activation.cu
  neighbors.cu
  reduce.cu
  segment.cu
  sort_scan.cu
  vector_update.cu
)
