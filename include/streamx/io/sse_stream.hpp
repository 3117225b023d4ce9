#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/sse_codec.hpp>
#include <streamx/io/transport.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streamx::io {

/// What an `sse_stream` asks for.
struct sse_request {
    std::string host = {}; ///< for the header: "example.org:8080"
    std::string target = "/";
    std::vector<std::pair<std::string, std::string>> fields = {};
    std::string last_event_id = {}; ///< to go on behind the event with this id
    /// How long to wait before it connects again, until the server says otherwise.
    endpoint_limits::duration retry = std::chrono::seconds(3);
    /// Connect again when a connection ends or cannot be had; otherwise the stream is over then.
    bool reconnect = true;
    /// Comments count against `idle`, which is how a server is noticed that is gone.
    endpoint_limits limits = {};
};

/// The events of a server, over as many connections as it takes: each begins behind the last event that came
/// (WHATWG HTML, sections 9.2.2 to 9.2.4).
///
/// `connect` makes a connection each time. Ends when the server answers 204, or is destroyed. Fails with
/// `errc::http_status` when it answers anything but 200, or no `text/event-stream`; with
/// `errc::malformed`, `line_too_long` or `frame_too_long`; without `reconnect` also as the connection does.
/// Little is read ahead: 16 events, then TCP holds up the server.
class [[nodiscard]] sse_stream : public stream_interface<sse_stream> {
public:
    using value_type = sse_event;
    using executor_type = asio::any_io_executor;
    using connect_function = std::function<asio::awaitable<transport>()>;

    sse_stream(const asio::any_io_executor& ex, connect_function connect, sse_request request)
        : sse_stream(start(ex, std::move(connect), std::move(request))) {}
    sse_stream(sse_stream&&) noexcept = default;
    sse_stream& operator=(sse_stream&&) noexcept = default;

    executor_type get_executor() const noexcept { return events_.get_executor(); }
    poll<value_type> try_next() { return events_.try_next(); }

    template <class Token>
    auto async_wait(Token&& token) {
        return events_.async_wait(std::forward<Token>(token));
    }

private:
    struct source {
        local_receiver<sse_event> events;
        std::shared_ptr<void> stop;
    };
    explicit sse_stream(source s) : events_(std::move(s.events)), stop_(std::move(s.stop)) {}
    static source
    start(const asio::any_io_executor& ex, connect_function connect, sse_request request);

    local_receiver<sse_event> events_;
    std::shared_ptr<void> stop_; // stops the reading when it goes
};

} // namespace streamx::io
