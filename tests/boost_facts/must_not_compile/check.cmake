# Compiles SOURCE with COMPILER and is content when that fails where Asio's own code is at fault. When it succeeds the fact is
# mended: on a Boost newer than 1.81 (BOOST) it says so and ctest reports the test as skipped.
list(TRANSFORM INCLUDES PREPEND -I)
execute_process(
    COMMAND ${COMPILER} -std=c++20 ${INCLUDES} -fsyntax-only ${SOURCE}
    RESULT_VARIABLE failed
    ERROR_VARIABLE errors)
if(failed)
    string(REGEX MATCH "[^\n]*boost/asio/experimental[^\n]*error:[^\n]*" cause "${errors}")
    if(NOT cause)
        message(FATAL_ERROR "does not compile, but not for the reason expected:\n${errors}")
    endif()
    message(STATUS "as expected: ${cause}")
elseif(BOOST VERSION_GREATER_EQUAL 1.82)
    message(STATUS "fact mended: it compiles")
else()
    message(FATAL_ERROR "${SOURCE} compiles with Boost ${BOOST}")
endif()
