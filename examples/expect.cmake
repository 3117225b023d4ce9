# Runs PROGRAM and compares what it prints with what the comment at the head of SOURCE says:
# the indented lines that follow a line `// Prints:`.

cmake_policy(VERSION 3.25)

file(READ "${SOURCE}" text)
if(NOT text MATCHES "// Prints:\n((//   [^\n]*\n)+)")
    message(FATAL_ERROR "${SOURCE}: does not say what it prints")
endif()
string(REGEX REPLACE "(^|\n)//   " "\\1" expected "${CMAKE_MATCH_1}")

execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE printed ERROR_VARIABLE errors RESULT_VARIABLE result)

if(NOT result EQUAL 0)
    message(FATAL_ERROR "exit code ${result}\n${printed}${errors}")
endif()
if(NOT printed STREQUAL expected)
    message(FATAL_ERROR "expected:\n${expected}\nprinted:\n${printed}${errors}")
endif()
