# Flags shared by every target, and the functions that make one: regrain_library, regrain_program, regrain_test.

add_library(regrain_flags INTERFACE)
target_include_directories(regrain_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(regrain_flags INTERFACE cxx_std_20)
set(cxx_flags -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=fast -fno-math-errno
              -fno-trapping-math)
if(REGRAIN_WERROR)
  list(APPEND cxx_flags -Werror)
endif()
if(REGRAIN_NATIVE)
  list(APPEND cxx_flags -march=native)
  if(REGRAIN_WERROR AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12's own AVX-512 functions, which Eigen calls, start from registers that are unset on purpose
    list(APPEND cxx_flags -Wno-error=maybe-uninitialized)
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND cxx_flags -march=x86-64-v3)
endif()
if(REGRAIN_SANITIZE)
  list(APPEND cxx_flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(regrain_flags INTERFACE -fsanitize=address,undefined)
endif()
target_compile_options(regrain_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${cxx_flags}>"
                                               "$<$<COMPILE_LANGUAGE:CUDA>:${REGRAIN_CUDA_FLAGS}>")
target_link_libraries(regrain_flags INTERFACE OpenMP::OpenMP_CXX)

# regrain_library(name SOURCES a.cpp ... [LINK target ...]): one static library a folder.
function(regrain_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC regrain_flags ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

# For every program: with REGRAIN_STATIC_RUNTIME it needs no libstdc++ and no libgcc where it runs.
function(regrain_program name)
  if(REGRAIN_STATIC_RUNTIME)
    target_link_options(${name} PRIVATE -static-libgcc -static-libstdc++)
  endif()
endfunction()

# regrain_test(name LABEL unit|grad|... SOURCES a.cpp ... LINK target ...): one test program; ctest
# sees every case of it under the label.
function(regrain_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  regrain_program(${name})
  target_link_libraries(${name} PRIVATE regrain_flags ${ARG_LINK} GTest::gtest_main GTest::gtest)
  target_compile_definitions(${name} PRIVATE REGRAIN_SOURCE_DIR="${REGRAIN_DATA_ROOT}")
  if(REGRAIN_NATIVE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${name} PRIVATE -Wno-maybe-uninitialized)  # of its own AVX-512 intrinsics, in Eigen's products
  endif()
  # one test asks for more memory than there is, which AddressSanitizer takes for an error otherwise
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
                       ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1)
endfunction()
