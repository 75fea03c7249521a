# Runs COMMAND, its words joined by "|", and keeps what it says in LOG, which exists only if it went well.
string(REPLACE "|" ";" COMMAND "${COMMAND}")
file(REMOVE ${LOG})
execute_process(COMMAND ${COMMAND} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${said}")
endif()
file(WRITE ${LOG} "${said}")
