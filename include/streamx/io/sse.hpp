#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/detail/http_peer.hpp>
#include <streamx/io/detail/http_watch.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/framed_sink.hpp>
#include <streamx/io/sse_codec.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {

/// An event, encoded: once for any number of subscribers. Copies share the bytes.
class sse_frame {
public:
    sse_frame() = default;
    /// Throws `errc::unencodable` as `sse_codec::encode` does.
    sse_frame(const sse_event& event);

    std::string_view bytes() const noexcept {
        return shared_ ? std::string_view(shared_->bytes) : std::string_view();
    }
    std::string_view id() const noexcept {
        return shared_ ? std::string_view(shared_->id) : std::string_view();
    }

private:
    struct content {
        std::string bytes, id;
    };
    std::shared_ptr<const content> shared_;
};

namespace detail {
/// Events, and such as are encoded already.
struct sse_encoder {
    using value_type = sse_frame;
    void encode(const sse_frame& frame, write_buffer& out) const { out.append(frame.bytes()); }
};
} // namespace detail

struct sse_options {
    /// How often a comment is sent while there are no events, so that nobody in between gives the
    /// connection up, and a client that is gone is noticed.
    endpoint_limits::duration heartbeat = std::chrono::seconds(15);
};

/// Server-Sent Events to one client (WHATWG HTML, section 9.2): a `framed_sink` of `sse_frame`s, which an
/// `sse_event` becomes by itself. Made by `http_exchange::events`.
///
/// Closing or destroying it ends the response and the connection; a browser then comes again. It is closed
/// when the client goes.
class [[nodiscard]] sse_sink : public framed_sink<transport, detail::sse_encoder> {
    using base = framed_sink<transport, detail::sse_encoder>;

public:
    sse_sink(detail::http_peer peer, std::string_view head, const sse_options& options);
    sse_sink(sse_sink&&) noexcept = default;
    sse_sink& operator=(sse_sink&&) noexcept = default;
    ~sse_sink() {
        if (watch_)
            watch_->stop();
    }

private:
    std::shared_ptr<detail::http_watch> watch_;
};

/// What follows the event that a client saw last: of the frames that are there when it is first asked (those
/// that a broadcast's `replay` brings, at most so many), all up to and including the one with that id are
/// left out. If none of them has it, or `last_id` is empty, all go through: the client has missed more than
/// is kept.
template <async_stream Up>
class [[nodiscard]] resumed_stream : public stream_interface<resumed_stream<Up>> {
public:
    using value_type = item_t<Up>;
    using executor_type = executor_t<Up>;

    resumed_stream(Up up, std::string last_id, std::size_t most)
        : up_(std::move(up)), last_id_(std::move(last_id)), most_(most) {}

    executor_type get_executor() const noexcept { return up_.get_executor(); }
    /// The stream that it takes from: to ask it something.
    const Up& base() const noexcept { return up_; }

    poll<value_type> try_next() {
        if (!last_id_.empty())
            look_back();
        if (held_.empty() && failure_)
            std::rethrow_exception(std::exchange(failure_, nullptr));
        if (held_.empty())
            return ended_ ? end : up_.try_next();
        auto item = std::move(held_.front());
        held_.pop_front();
        return item;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return up_.async_wait(std::forward<Token>(token));
    }

private:
    void look_back() {
        const auto last = std::exchange(last_id_, {});
        while (held_.size() != most_) {
            auto item = look();
            if (!item) {
                ended_ = item.is_end();
                return;
            }
            const bool seen = item->id() == last;
            held_.push_back(*std::move(item));
            if (seen)
                held_.clear();
        }
    }

    /// A failure comes behind what is held.
    poll<value_type> look() {
        try {
            return up_.try_next();
        } catch (...) {
            failure_ = std::current_exception();
            return end;
        }
    }

    Up up_;
    std::string last_id_;
    std::size_t most_;
    std::deque<value_type> held_;
    std::exception_ptr failure_;
    bool ended_ = false;
};

/// `resume_after(feed.subscribe({.replay = 100}), last_event_id)`: see `resumed_stream`.
template <async_stream Up>
[[nodiscard]] auto resume_after(Up up, std::string last_id, std::size_t most = 1024) {
    return resumed_stream<Up>(std::move(up), std::move(last_id), most);
}

} // namespace streamx::io
