# What the benchmark programs are made of, in bench/.
set(REGRAIN_BENCH_SUPPORT support/allatom_case.cpp support/cases.cpp support/device_timer.cpp support/job_flops.cpp support/kernel_bench.cpp
    support/kernel_model.cpp support/machine_peak.cpp support/memory.cpp support/message_block.cpp support/program.cpp)
set(REGRAIN_BENCH_KERNELS kernels/main.cpp
    kernels/activation_bench.cpp kernels/bead_atoms_bench.cpp kernels/distance_losses_bench.cpp
    kernels/edge_embedding_bench.cpp kernels/edge_filter_bench.cpp kernels/gaussian_bench.cpp kernels/gemm_bench.cpp
    kernels/internal_coordinates_bench.cpp kernels/invariants_bench.cpp kernels/message_bench.cpp
    kernels/neighbors_bench.cpp kernels/optimizer_bench.cpp kernels/residue_messages_bench.cpp kernels/segment_bench.cpp kernels/soft_assignment_bench.cpp
    kernels/spherical_harmonics_bench.cpp kernels/tensor_product_bench.cpp kernels/vector_update_bench.cpp)
set(REGRAIN_BENCH_JOBS jobs/main.cpp jobs/device_bench.cpp jobs/message_block_bench.cpp jobs/model_bench.cpp)
