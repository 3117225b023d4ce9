#pragma once

#include "url.hpp"

#include <streamx/io/endpoint_limits.hpp>
#include <streamx/rsocket/transport.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace streamx::rsocket {

/// Something that goes on until it is stopped: an attempt to connect, a socket that is listened on.
class activity {
public:
    virtual ~activity() = default;
    virtual void stop() noexcept = 0;
    /// Where it listens, with the port that the system has chosen.
    virtual std::string where() const { return {}; }
};

/// Connects. `done` is called once, unless it is stopped
/// before, never inside this call.
std::shared_ptr<activity> dial(
    const asio::any_io_executor& ex,
    const url& to,
    const io::endpoint_limits& limits,
    std::function<void(error_code, std::shared_ptr<transport>)> done);

/// Accepts connections, each handed to `accepted`. Throws a `system_error`
/// if it cannot listen there.
std::shared_ptr<activity> listen(
    const asio::any_io_executor& ex,
    const url& at,
    std::function<void(std::shared_ptr<transport>)> accepted);

} // namespace streamx::rsocket
