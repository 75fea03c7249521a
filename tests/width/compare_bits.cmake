# Do both programs print the same, and something?
#
#   cmake -DNARROW=model_bits -DWIDE=model_bits_wide -P compare_bits.cmake
cmake_minimum_required(VERSION 3.25)
foreach(program NARROW WIDE)
  execute_process(COMMAND ${${program}} RESULT_VARIABLE status OUTPUT_VARIABLE printed_${program} ERROR_VARIABLE error)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${${program}}: ${status}\n${error}")
  endif()
endforeach()
if(NOT printed_NARROW MATCHES "sample")
  message(FATAL_ERROR "${NARROW} prints no sample:\n${printed_NARROW}")
endif()
if(NOT printed_NARROW STREQUAL printed_WIDE)
  message(FATAL_ERROR "vectors of another width give other bits:\n${printed_NARROW}against\n${printed_WIDE}")
endif()
message(STATUS "the same bits:\n${printed_NARROW}")
