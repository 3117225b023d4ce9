# Finds nats.c: NatsC::NatsC. (The CMake package of Debian 12's libnats-dev names a static library that
# is not in it, and so fails.)

find_path(NatsC_INCLUDE_DIR nats/nats.h)
find_library(NatsC_LIBRARY nats)
mark_as_advanced(NatsC_INCLUDE_DIR NatsC_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(NatsC REQUIRED_VARS NatsC_LIBRARY NatsC_INCLUDE_DIR)

if(NatsC_FOUND AND NOT TARGET NatsC::NatsC)
    add_library(NatsC::NatsC UNKNOWN IMPORTED)
    set_target_properties(NatsC::NatsC PROPERTIES
        IMPORTED_LOCATION "${NatsC_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${NatsC_INCLUDE_DIR}"
    )
endif()
