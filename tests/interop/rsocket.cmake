# Installs the npm packages into DIR, unless they are there, and runs SCRIPT with TOOL. Without a
# registry there is nothing to talk to: the test is left out.
if(NOT EXISTS "${DIR}/node_modules/rsocket-tcp-server")
    file(MAKE_DIRECTORY "${DIR}")
    file(WRITE "${DIR}/package.json" "{\"private\": true}")
    execute_process(
        COMMAND "${NPM}" install --no-audit --no-fund rsocket-core@0.0.27 rsocket-flowable@0.0.27
            rsocket-tcp-client@0.0.27 rsocket-tcp-server@0.0.27
        WORKING_DIRECTORY "${DIR}"
        RESULT_VARIABLE failed
        OUTPUT_QUIET ERROR_QUIET
        TIMEOUT 60
    )
    if(failed)
        message("left out: the npm packages cannot be installed")
        return()
    endif()
endif()
execute_process(COMMAND "${NODE}" "${SCRIPT}" "${TOOL}" WORKING_DIRECTORY "${DIR}" RESULT_VARIABLE failed)
if(failed)
    message(FATAL_ERROR "interop: ${failed}")
endif()
