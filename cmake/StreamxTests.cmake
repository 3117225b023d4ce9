# streamx_add_tests(<folder> [TIMEOUT <seconds>] LABELS <label>... SOURCES <file>...)
#
# Called in a folder under tests/ (say unit/operators): makes one GoogleTest executable of it and adds
# each of its tests to ctest as <folder>/<suite>.<test>, with 60 seconds to finish (or as said) and the labels.

include(GoogleTest)

function(streamx_add_tests folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "LABELS;SOURCES")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
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

    gtest_discover_tests(${target}
        TEST_PREFIX "${folder}/"
        DISCOVERY_TIMEOUT 60
        PROPERTIES TIMEOUT ${arg_TIMEOUT}
    )
    # Given to the line above, a list of labels would come out as its first one.
    set(labels "${CMAKE_CURRENT_BINARY_DIR}/${target}_labels.cmake")
    file(WRITE "${labels}" "if(${target}_TESTS)
    set_tests_properties(\${${target}_TESTS} PROPERTIES LABELS \"${arg_LABELS}\")
endif()
")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels}")
endfunction()
