#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/io/detail/http_peer.hpp>
#include <streamx/io/detail/watchdog.hpp>
#include <streamx/io/endpoint_limits.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <optional>
#include <string>

namespace streamx::io::detail {

/// Looks after a connection on which only a body is written: notices that the peer has gone, and writes
/// something when nothing else was written for a while.
class http_watch : public std::enable_shared_from_this<http_watch> {
public:
    /// `in` may be empty, if somebody else reads. What comes over it is left for the request that follows.
    http_watch(half<reader<transport>> in, const std::shared_ptr<outbox<transport>>& out);
    /// No request follows: what comes is thrown away. `beat` is written every so often;
    /// `endpoint_limits::no_deadline`: never.
    http_watch(
        half<reader<transport>> in,
        const std::shared_ptr<outbox<transport>>& out,
        endpoint_limits::duration every,
        std::string beat);

    void start();
    void stop();
    /// After `stop`: whether it has not let go of what it reads yet.
    bool listening() const noexcept { return listening_; }
    /// After that: for who goes on to read.
    half<reader<transport>> give_back();

    asio::any_io_executor get_executor() const noexcept { return executor_; }
    watchdog<asio::any_io_executor>& dog() noexcept { return dog_; }
    std::optional<time_point> deadline() const noexcept;
    void on_deadline();

private:
    struct read_op;
    void listen();
    void heard(error_code ec);

    asio::any_io_executor executor_;
    half<reader<transport>> in_;
    std::weak_ptr<outbox<transport>> out_;
    endpoint_limits::duration every_;
    std::string beat_;
    bool another_follows_ = false;
    time_point since_;
    bool stopped_ = false;
    bool listening_ = false;
    std::shared_ptr<asio::cancellation_signal> enough_;
    watchdog<asio::any_io_executor> dog_;
};

} // namespace streamx::io::detail
