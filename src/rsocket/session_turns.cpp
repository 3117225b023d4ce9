// Sending: streams take turns, so that none waits for another.

#include "session.hpp"

#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/bind_executor.hpp>

#include <algorithm>
#include <utility>

namespace streamx::rsocket {
namespace {

// What one stream sends in its turn, when others wait for theirs.
constexpr unsigned items_a_turn = 64;
constexpr std::size_t bytes_a_turn = 16 * 1024;

} // namespace

std::shared_ptr<detail::inbox> session::begin(
    frame_type type, payload&& first, std::uint32_t window, any_stream<payload>&& source) {
    const auto f = std::make_shared<flow>(type);
    f->owner = weak_from_this();
    f->mine = true;
    f->first = std::move(first);
    f->source = std::move(source);
    f->sends = type == frame_type::request_channel;
    f->inbox = make_inbox(f, std::max(std::min(window, max_31), 1U));
    f->window = f->inbox->first_credit();
    // Until it is sent, nobody else keeps it.
    const bool lost = when_lost_ == when_lost::fail && was_established_ && !engine_.established();
    if (over_ || lost) {
        f->inbox->finish(failure_of(streamx::errc::closed, "rsocket: the connection is closed"));
        return f->inbox;
    }
    const bool at_once = may_begin_at_once(type);
    queue(f);
    at_once ? pump() : schedule();
    return f->inbox;
}

/// Of who was woken by a read: elsewhere the peer may have said that it takes no more, and this end has not
/// looked yet. Not where that could call anything of a user: a handler, or a source. Others that are begun
/// before this has gone out go together, behind it.
bool session::may_begin_at_once(frame_type type) const noexcept {
    if (reading_ != read_phase::waking || scheduled_ || type == frame_type::request_channel ||
        !turns_.empty() || !engine_.has_room() || !engine_.events.empty() || engine_.draining())
        return false;
    const auto w = wire_.lock();
    return w && !w->writing && !w->broken;
}

std::shared_ptr<flow_inbox> session::make_inbox(const flow_ptr& f, std::uint32_t window) {
    std::unique_ptr<byte_window> bytes;
    if (window_bytes_ != 0)
        bytes = std::make_unique<byte_window>(window_bytes_, window, engine_.config().message);
    auto made = std::make_shared<flow_inbox>(executor_, window, std::move(bytes));
    made->from = f;
    return made;
}

void session::queue(const flow_ptr& f) {
    if (!std::exchange(f->queued, true))
        turns_.push(f);
}

/// True if it has more to send, and is to have another turn.
bool session::turn(const flow_ptr& f) {
    if (f->dropped && f->id == 0)
        return false;
    if (f->id == 0)
        return send_request(f);
    if (engine_.has_fragments(f->id)) {
        engine_.send_fragment(f->id);
        return true;
    }
    if (f->type == frame_type::request_fnf) {
        f->inbox->finish();
        return false;
    }
    if (!f->sends)
        return false;
    return f->type == frame_type::request_response ? send_answer(f) : send_items(f);
}

/// Waits for more from the source.
void session::wait_for_source(const flow_ptr& f) {
    f->waiting = true;
    f->source.async_wait(asio::bind_executor(executor_, [self = weak_from_this(), f](error_code) {
        f->waiting = false;
        const auto s = self.lock();
        if (!s || f->dropped || !f->sends)
            return;
        s->queue(f);
        s->pump();
    }));
}

/// Passes items of the source on: `take(payload&&)` says whether it is to go on. False: there are none, now
/// or any more, and that was dealt with. The source's failure is the stream's.
template <class Take>
bool session::pull(const flow_ptr& f, Take take) {
    if (f->waiting)
        return false;
    try {
        using streamx::detail::halt;
        auto source = std::move(f->source); // where it stays while it runs, also if it is dropped
        const auto why = streamx::detail::each_ready(
            source, [&](payload&& item) { return !f->dropped && take(std::move(item)); });
        if (f->dropped) // by what the source did itself
            return false;
        if (why == halt::end) {
            f->sends = false;
            if (f->id == 0) // nothing to ask with: as if the peer had completed it
                f->inbox->finish();
            else
                engine_.complete(f->id);
            return false;
        }
        f->source = std::move(source);
        if (why != halt::pending)
            return true;
        wait_for_source(f);
    } catch (...) {
        f->sends = false;
        failed(f, std::current_exception());
    }
    return false;
}

bool session::send_request(const flow_ptr& f) {
    if (engine_.draining() && when_lost_ != when_lost::wait) {
        drop_source(*f);
        f->inbox->finish(failure_of(errc::connection_close, "the peer takes no new requests"));
        return false;
    }
    if (f->type == frame_type::metadata_push) {
        engine_.push_metadata(*f->first.metadata);
        f->inbox->finish();
        return false;
    }
    if (!engine_.may_request(now())) {
        unsent_.push(f);
        return false;
    }
    if (f->type == frame_type::request_channel) {
        bool any = false;
        const auto put_in = [&](payload&& item) {
            any = true;
            f->first.data = std::move(item.data);
            if (item.metadata && !f->first.metadata)
                f->first.metadata = std::move(item.metadata);
            return false;
        };
        if (!pull(f, put_in))
            return false;
        if (!any)
            return true;
    }
    f->id = engine_.request(f->type, std::move(f->first), f->window, false, f);
    if (f->id == 0) {
        drop_source(*f);
        f->inbox->finish(failure_of(streamx::errc::full, "rsocket: every stream id is in use"));
        return false;
    }
    return true;
}

bool session::send_items(const flow_ptr& f) {
    const auto id = f->id;
    if (engine_.credit(id) == 0)
        return engine_.has_fragments(id);
    const auto full = engine_.out.size() + bytes_a_turn;
    unsigned left = items_a_turn;
    const auto put = [&](payload&& item) {
        return engine_.send(id, std::move(item), false) && --left != 0 &&
               engine_.out.size() <= full;
    };
    if (!pull(f, put))
        return false;
    return engine_.credit(id) != 0 || engine_.has_fragments(id);
}

bool session::send_answer(const flow_ptr& f) {
    f->sends = false;
    if (engine_.credit(f->id) != 0)
        engine_.send(f->id, std::move(f->first), true);
    return engine_.has_fragments(f->id);
}

void session::drop_source(flow& f) {
    f.dropped = true;
    f.sends = false;
    if (f.stop)
        f.stop->emit(asio::cancellation_type::terminal);
    auto dead = std::move(f.source);
    f.source = {};
}

} // namespace streamx::rsocket
