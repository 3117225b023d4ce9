#pragma once

#include "event.hpp"
#include "flow_inbox.hpp"

#include <streamx/core/any_stream.hpp>

#include <boost/asio/cancellation_signal.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace streamx::rsocket {

class session;

/// One stream of a session: what comes from the peer goes to the inbox, what goes there comes from the
/// source.
class flow final : public attachment, public std::enable_shared_from_this<flow> {
public:
    explicit flow(frame_type t) : type(t) {}

    void take(const item_run& items) override;
    void take_last(std::string_view data) override;

    frame_type type;
    std::uint32_t id = 0; // 0: the request was not sent yet
    std::weak_ptr<session> owner;
    std::shared_ptr<flow_inbox> inbox;
    payload first;            // of a request that was not sent yet; or the answer to one
    std::uint32_t window = 1; // to ask for with it
    any_stream<payload> source;
    bool sends = false; // there is a source
    bool mine = false;
    bool queued = false;  // for its turn
    bool waiting = false; // for its source
    bool dropped = false;
    std::shared_ptr<asio::cancellation_signal> stop; // a handler that is running
};
using flow_ptr = std::shared_ptr<flow>;

} // namespace streamx::rsocket
