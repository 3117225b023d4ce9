# streamx::nats, the bridge to NATS JetStream, where nats.c is there.

find_package(NatsC QUIET)
if(NOT NatsC_FOUND)
    message(STATUS "streamx::nats is left out: nats.c (Debian: libnats-dev) was not found")
    return()
endif()

set(streamx_nats_headers
    include/streamx/bridges/nats/connect_options.hpp
    include/streamx/bridges/nats/connection.hpp
    include/streamx/bridges/nats/deliver_from.hpp
    include/streamx/bridges/nats/delivery.hpp
    include/streamx/bridges/nats/detail/answer.hpp
    include/streamx/bridges/nats/detail/inlet.hpp
    include/streamx/bridges/nats/detail/message.hpp
    include/streamx/bridges/nats/detail/message_stream.hpp
    include/streamx/bridges/nats/detail/publisher.hpp
    include/streamx/bridges/nats/detail/pull.hpp
    include/streamx/bridges/nats/detail/receipt.hpp
    include/streamx/bridges/nats/detail/subject.hpp
    include/streamx/bridges/nats/ensure.hpp
    include/streamx/bridges/nats/error.hpp
    include/streamx/bridges/nats/jetstream_sink.hpp
    include/streamx/bridges/nats/jetstream_source.hpp
    include/streamx/bridges/nats/payload_codec.hpp
    include/streamx/bridges/nats/subject_sink.hpp
    include/streamx/bridges/nats/subject_source.hpp
    include/streamx/nats.hpp
)

set(streamx_nats_sources
    src/bridges/nats/answering.cpp
    src/bridges/nats/api.cpp
    src/bridges/nats/blocking_jobs.cpp
    src/bridges/nats/client_options.cpp
    src/bridges/nats/config_json.cpp
    src/bridges/nats/ensure.cpp
    src/bridges/nats/error.cpp
    src/bridges/nats/json.cpp
    src/bridges/nats/link.cpp
    src/bridges/nats/link_socket.cpp
    src/bridges/nats/message.cpp
    src/bridges/nats/metadata.cpp
    src/bridges/nats/names.cpp
    src/bridges/nats/publisher.cpp
    src/bridges/nats/pull_consumer.cpp
    src/bridges/nats/pulled_message.cpp
    src/bridges/nats/receipt.cpp
    src/bridges/nats/requests.cpp
    src/bridges/nats/subject_inlet.cpp
    src/bridges/nats/subject_outlet.cpp
    src/bridges/nats/subscriptions.cpp
)

add_library(streamx_nats STATIC ${streamx_nats_sources})
add_library(streamx::nats ALIAS streamx_nats)
target_sources(streamx_nats PUBLIC
    FILE_SET HEADERS BASE_DIRS include FILES ${streamx_nats_headers}
)
target_link_libraries(streamx_nats
    PUBLIC streamx::streamx
    PRIVATE NatsC::NatsC $<BUILD_INTERFACE:streamx_warnings>
)
set_target_properties(streamx_nats PROPERTIES
    EXPORT_NAME nats
    CXX_EXTENSIONS OFF
    VERIFY_INTERFACE_HEADER_SETS ${PROJECT_IS_TOP_LEVEL}
)
if(NOT STREAMX_INSTALL)
    set_target_properties(streamx_nats PROPERTIES EXCLUDE_FROM_ALL ON) # only for who links it
endif()
