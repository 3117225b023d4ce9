#pragma once

#include "item_frame.hpp"

#include <streamx/core/asio.hpp>
#include <streamx/rsocket/payload.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace streamx::rsocket {

/// What the owner of the engine keeps with a stream.
struct attachment {
    virtual ~attachment() = default;
    /// Items that have come: in the place of events, as there are so many of them.
    virtual void take(const item_run& items) = 0;
    /// The data of the last item, as of an answer.
    virtual void take_last(std::string_view data) = 0;
};

/// What the engine tells its owner. Which members mean something the kind says.
struct event {
    enum class kind {
        setup,  ///< server: is this client welcome? `text` its token, `message`, `mime`
        resume, ///< server: a session of this token (`text`) is to go on from `position`, `first`
        established,   ///< the peer has answered: the connection is set up, or resumed
        request,       ///< `type`, `message`, `n`, `complete`
        item,          ///< `message`, `complete`
        completed,     ///< no more items from the peer
        failed,        ///< the stream is over: `error`, `text`
        cancelled,     ///< the peer wants nothing more from this stream
        credit,        ///< more items may be sent on this stream
        metadata_push, ///< `message.metadata`
        leased,        ///< requests may be sent again
        draining,      ///< the peer closes when the streams are over: no new requests
        closed, ///< this connection is over: `error`, `text`, `by_peer`. A resumable session may go on
    };

    kind what;
    std::uint32_t stream = 0;
    std::shared_ptr<attachment> user = nullptr;
    frame_type type{};
    payload message = {};
    std::uint32_t n = 0;
    bool complete = false;
    std::uint64_t position = 0, first = 0;
    error_code error = {};
    std::string text = {};
    bool by_peer = false; ///< closed: the peer has said so
    std::string metadata_mime = {}, data_mime = {};
};

} // namespace streamx::rsocket
