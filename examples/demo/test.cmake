# Runs the first act on small files and looks at its totals, and then the others.

cmake_policy(VERSION 3.25)
file(REMOVE_RECURSE "${ROOM}")
file(MAKE_DIRECTORY "${ROOM}")

# A package manager's log: of each four lines one is a step between two states, one a comment.
set(log "")
foreach(i RANGE 1 100)
    string(APPEND log
        "2024-01-31 12:00:00 install package${i}:all <none> 1.0\n"
        "2024-01-31 12:00:00 status half-installed package${i}:all 1.0\n"
        "# comment ${i}\n"
        "2024-01-31 12:00:00 configure package${i}:all 1.0 <none>\n"
    )
endforeach()
file(WRITE "${ROOM}/packages.log" "${log}")
file(WRITE "${ROOM}/words.txt" "one two\n\nthree\nno line break at the end")
file(WRITE "${ROOM}/empty.txt" "")
string(ASCII 1 2 3 garbage)
string(REPEAT "${garbage}" 5000 garbage)
file(WRITE "${ROOM}/garbage" "${garbage}\n${garbage}")

# demo(<exit code> <files> <regular expression>...)
function(demo code files)
    list(TRANSFORM files PREPEND "${ROOM}/")
    execute_process(COMMAND "${PROGRAM}" --act 1 ${files}
        RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out TIMEOUT 30
    )
    if(NOT result EQUAL code)
        message(FATAL_ERROR "${files}: exit code ${result} instead of ${code}\n${out}")
    endif()
    foreach(expected IN LISTS ARGN)
        if(NOT out MATCHES "${expected}")
            message(FATAL_ERROR "${files}: does not say \"${expected}\"\n${out}")
        endif()
    endforeach()
endfunction()

demo(0 packages.log
    "packages.log +400 +0 +200 +200\n"
    "lines of packages.log +400 +400 +"
    "batches to archive +13 +13 +"
    "statistics +13 +200\n"
    "index +13 +200\n"
    "archive +13 +200\n"
    "Every line is accounted for: each consumer got 200 records"
)
demo(0 "packages.log;words.txt"
    "packages.log +400 +0 +200 +200\n"
    "words.txt +4 +0 +1 +3\n"
    "archive +13 +203\n"
    "each consumer got 203 records"
)
demo(0 empty.txt "empty.txt +0 +0 +0 +0\n" "each consumer got 0 records")
demo(0 garbage "garbage +8 +8 +0 +0\n" "each consumer got 0 records") # 4 pieces of each long line
demo(1 missing.txt "cannot read .*missing.txt: [Nn]o such file")
demo(1 "." "not a regular file")
demo(1 "empty.txt;empty.txt;empty.txt" "takes one file or two")

execute_process(COMMAND "${PROGRAM}" --act 2 RESULT_VARIABLE result OUTPUT_VARIABLE out TIMEOUT 30)
if(NOT result EQUAL 0 OR NOT out MATCHES "Everybody got what its policy promises")
    message(FATAL_ERROR "act 2: exit code ${result}\n${out}")
endif()

execute_process(COMMAND "${PROGRAM}" --act 3 --for 3 --tool "${TOOL}" RESULT_VARIABLE result OUTPUT_VARIABLE out TIMEOUT 30)
if(NOT result EQUAL 0 OR NOT out MATCHES "http://127.0.0.1:[0-9]+/\n" OR NOT out MATCHES "Served [1-9][0-9]* ticks"
    OR NOT out MATCHES "sub tcp://127.0.0.1:[0-9]+ ticks --take 3\n{\"n\":[^\n]*\n{\"n\":[^\n]*\n{\"n\":[^\n]*\n\n")
    message(FATAL_ERROR "act 3: exit code ${result}\n${out}")
endif()
