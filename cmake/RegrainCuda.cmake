# nvcc and what it is called with. With REGRAIN_CUDA it compiles the kernels of kernels/cuda into the program; without,
# an nvcc that is found serves the test of registers and spills alone (tests/ptxas) and none is needed.
#
# nvcc is CMAKE_CUDA_COMPILER or CUDACXX where given, otherwise looked for in PATH and the usual folder of the toolkit.
set(REGRAIN_CUDA_FLAGS --expt-relaxed-constexpr)
if(REGRAIN_WERROR)
  list(APPEND REGRAIN_CUDA_FLAGS -Werror all-warnings)
endif()

if(CMAKE_CUDA_COMPILER)
  set(REGRAIN_NVCC ${CMAKE_CUDA_COMPILER})
elseif(DEFINED ENV{CUDACXX})
  set(REGRAIN_NVCC $ENV{CUDACXX})
else()
  find_program(REGRAIN_NVCC nvcc PATHS /usr/local/cuda/bin /opt/cuda/bin)
endif()

if(REGRAIN_CUDA)
  if(NOT REGRAIN_NVCC)
    message(FATAL_ERROR "REGRAIN_CUDA is ON, but there is no nvcc: install the CUDA toolkit (12.0 or later), name its "
                        "compiler with -DCMAKE_CUDA_COMPILER=/path/to/nvcc, or build for the CPU with -DREGRAIN_CUDA=OFF")
  endif()
  set(CMAKE_CUDA_COMPILER ${REGRAIN_NVCC})
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90)  # Ampere; Hopper, and what follows it by way of its intermediate code
  endif()
  if(CCACHE)
    # by the list of headers, not by preprocessed text, which nvcc gives for one architecture alone
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1 ${CCACHE})
  endif()
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)  # CMake 3.25 doesn't know that nvcc has it
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
  find_package(CUDAToolkit REQUIRED)
endif()
