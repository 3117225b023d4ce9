# Installs the npm PACKAGES into DIR, unless they are there, and runs SCRIPT with TOOL and PEER. Without a registry
# there is nothing to talk to: the test is left out.
separate_arguments(PACKAGES)
set(installed "")
if(EXISTS "${DIR}/installed")
    file(READ "${DIR}/installed" installed)
endif()
if(NOT installed STREQUAL "${PACKAGES}")
    file(MAKE_DIRECTORY "${DIR}")
    file(WRITE "${DIR}/package.json" "{\"private\": true}")
    execute_process(
        COMMAND "${NPM}" install --no-audit --no-fund ${PACKAGES}
        WORKING_DIRECTORY "${DIR}"
        RESULT_VARIABLE failed
        OUTPUT_QUIET ERROR_QUIET
        TIMEOUT 60
    )
    if(failed)
        message("left out: the npm packages cannot be installed")
        return()
    endif()
    file(WRITE "${DIR}/installed" "${PACKAGES}")
endif()
execute_process(COMMAND "${NODE}" "${SCRIPT}" "${TOOL}" "${PEER}" WORKING_DIRECTORY "${DIR}" RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "interop: ${failed}")
endif()
