# Installs the library, its headers, a CMake package (streamx::streamx, with the component nats
# streamx::nats) and a pkg-config file of each.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(streamx_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/streamx")

install(TARGETS streamx EXPORT streamx-targets FILE_SET HEADERS)
install(EXPORT streamx-targets NAMESPACE streamx:: DESTINATION "${streamx_package_dir}")

configure_package_config_file(
    cmake/streamx-config.cmake.in streamx-config.cmake
    INSTALL_DESTINATION "${streamx_package_dir}"
)
# Before 1.0 a new minor version may break its users, so only the same one will do.
write_basic_package_version_file(streamx-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
    FILES
        "${CMAKE_CURRENT_BINARY_DIR}/streamx-config.cmake"
        "${CMAKE_CURRENT_BINARY_DIR}/streamx-config-version.cmake"
    DESTINATION "${streamx_package_dir}"
)

# The pkg-config file finds its prefix from where it lies, so an installed tree may be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(streamx_pc_prefix "${CMAKE_INSTALL_PREFIX}")
    set(streamx_pc_libdir "${CMAKE_INSTALL_LIBDIR}")
else()
    file(RELATIVE_PATH streamx_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" streamx_pc_up "${streamx_pc_up}")
    set(streamx_pc_prefix "\${pcfiledir}/${streamx_pc_up}")
    set(streamx_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(streamx_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
    set(streamx_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()

# Boost has no pkg-config file of its own: name its directory where the compiler does not look.
set(streamx_pc_boost "")
foreach(dir IN LISTS Boost_INCLUDE_DIRS)
    if(NOT dir IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        string(APPEND streamx_pc_boost " -I${dir}")
    endif()
endforeach()

configure_file(cmake/streamx.pc.in streamx.pc @ONLY)
install(
    FILES "${CMAKE_CURRENT_BINARY_DIR}/streamx.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
)

if(TARGET streamx_nats)
    install(TARGETS streamx_nats EXPORT streamx-nats-targets FILE_SET HEADERS)
    install(EXPORT streamx-nats-targets NAMESPACE streamx:: DESTINATION "${streamx_package_dir}")
    install(FILES cmake/FindNatsC.cmake DESTINATION "${streamx_package_dir}")
    configure_file(cmake/streamx-nats.pc.in streamx-nats.pc @ONLY)
    install(
        FILES "${CMAKE_CURRENT_BINARY_DIR}/streamx-nats.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
    )
endif()
