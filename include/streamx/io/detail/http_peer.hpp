#pragma once

#include <streamx/io/detail/connection.hpp>
#include <streamx/io/detail/half.hpp>
#include <streamx/io/detail/outbox.hpp>
#include <streamx/io/detail/reader.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/transport.hpp>

#include <memory>
#include <utility>

namespace streamx::io::detail {

// Compiled once, in src/io/http_peer.cpp.
extern template class connection<transport>;
extern template class reader<transport>;
extern template class outbox<transport>;

/// A connection and what has been read from it, handed on from who has read the head to who goes on.
struct http_peer {
    http_peer(transport t, const endpoint_limits& limits)
        : shared(std::make_shared<connection<transport>>(std::move(t), limits)),
          in(std::make_shared<reader<transport>>(shared)) {}
    /// For who only writes, while somebody else reads.
    explicit http_peer(connection_ptr<transport> c) noexcept : shared(std::move(c)), in(nullptr) {}

    connection_ptr<transport> shared;
    half<reader<transport>> in; // may be empty
};

} // namespace streamx::io::detail
