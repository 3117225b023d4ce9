#pragma once

#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/rsocket/requester.hpp>

#include <string>

namespace streamx::rsocket {

/// A request as its handler gets it.
struct request {
    std::string route;
    payload message;           ///< of a channel: its first item, which is also the stream's first
    request_metadata metadata; ///< what the metadata of `message` says
    std::string data_type;     ///< MIME type of the data: the request's own, or the connection's
    bool composite_metadata = false; ///< of the connection
    requester peer; ///< makes requests to who has made this one, on the same connection
};

} // namespace streamx::rsocket
