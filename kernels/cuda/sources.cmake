# The kernel sources of the CUDA backend, in kernels/cuda: compiled by nvcc with REGRAIN_CUDA, by the C++ compiler for
# the emulation that the tests run them in.
set(REGRAIN_CUDA_KERNELS
  activation.cu
  bead_atoms.cu
  distance_losses.cu
  edge_embedding.cu
  edge_filter.cu
  edge_filter_dense.cu
  edge_filter_sparse.cu
  edge_geometry.cu
  edge_inputs.cu
  edge_network.cu
  gaussian.cu
  gemm.cu
  internal_coordinates.cu
  invariants.cu
  message.cu
  optimizer.cu
  reduce.cu
  segment.cu
  soft_assignment.cu
  spherical_harmonics.cu
  tensor_product.cu
  tensor_product_backward.cu
  vector_update.cu
)
