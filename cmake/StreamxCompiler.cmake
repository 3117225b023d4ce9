# What our own builds ask of the compiler. As a subproject the library asks for nothing.

# streamx_warnings: link it PRIVATE to everything that we compile.
add_library(streamx_warnings INTERFACE)

if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(streamx_warnings INTERFACE
        -Wall -Wextra -Wpedantic -Wshadow -Werror
    )

    # A compiler's extension that slipped into a header would be an error at some user's.
    set(CMAKE_CXX_STANDARD 20)
    set(CMAKE_CXX_STANDARD_REQUIRED ON)
    set(CMAKE_CXX_EXTENSIONS OFF)

    find_program(STREAMX_CCACHE ccache)
    mark_as_advanced(STREAMX_CCACHE)
    if(STREAMX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
        # Without these two ccache refuses every file that uses a precompiled header.
        set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
            CCACHE_SLOPPINESS=pch_defines,time_macros "${STREAMX_CCACHE}"
        )
        set(streamx_pch_options
            $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
            "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>"
        )
    endif()
endif()
