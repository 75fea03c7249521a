# The kernel sources of the CUDA backend, in kernels/cuda: compiled by nvcc with REGRAIN_CUDA, by the C++ compiler for
# the emulation that the tests run them in.
set(REGRAIN_CUDA_KERNELS
  activation.cu
  arithmetic.cu
  distance_losses.cu
  gaussian.cu
  internal_losses.cu
  optimizer.cu
  reduce.cu
  segment.cu
  soft_assignment.cu
  vector_update.cu
)
