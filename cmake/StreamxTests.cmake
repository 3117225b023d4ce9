# streamx_add_tests(<folder> LABELS <label>... SOURCES <file>...)
#
# Called in a folder under tests/ (say unit/operators): makes one GoogleTest executable of it and adds
# each of its tests to ctest as <folder>/<suite>.<test>, with 60 seconds to finish and the labels.

include(GoogleTest)

function(streamx_add_tests folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LABELS;SOURCES")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "streamx_add_tests(${folder}): do not know ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT arg_SOURCES)
        return() # a folder that still waits for its first test
    endif()

    string(REPLACE "/" "_" target "streamx_test_${folder}")
    add_executable(${target} ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE streamx_test_support)
    target_precompile_headers(${target} REUSE_FROM streamx_test_pch)

    # A list does not survive the trip through the file that ctest reads, unless twice escaped.
    string(REPLACE ";" "\\;" labels "${arg_LABELS}")
    gtest_discover_tests(${target}
        TEST_PREFIX "${folder}/"
        DISCOVERY_TIMEOUT 60
        PROPERTIES TIMEOUT 60 LABELS "${labels}"
    )
endfunction()
