#pragma once

// The raw channel of Boost.Asio, used as well as its users can: try first, and start an
// asynchronous operation only when that fails.

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <utility>

namespace streamx::bench {

namespace asio = boost::asio;
using boost::system::error_code;

using raw_channel = asio::experimental::channel<void(error_code, std::uint64_t)>;
using raw_concurrent_channel =
    asio::experimental::concurrent_channel<void(error_code, std::uint64_t)>;

/// Where the handlers of a raw channel run: on the channel's executor ...
struct unbound {
    template <class Handler>
    Handler operator()(Handler handler) const {
        return handler;
    }
};

/// ... or on this one.
template <class Executor>
struct bound_to {
    template <class Handler>
    auto operator()(Handler handler) const {
        return asio::bind_executor(executor, std::move(handler));
    }
    Executor executor;
};
template <class Executor>
bound_to(Executor) -> bound_to<Executor>;

/// Sends the numbers from `next` up to `last`. Call it once on its executor.
template <class Channel, class Bind>
struct raw_sender {
    Channel* channel;
    Bind bind;
    std::uint64_t next;
    std::uint64_t last;

    void operator()(error_code = {}) {
        while (next != last) {
            const auto item = next++;
            if (!channel->try_send(error_code{}, item))
                return channel->async_send(error_code{}, item, Bind(bind)(*this));
        }
    }
};

/// Adds up `left` items. Call `start` once on its executor.
template <class Channel, class Bind>
struct raw_receiver {
    Channel* channel;
    Bind bind;
    std::uint64_t left;
    std::uint64_t* sum;

    void start() {
        auto take = [this](error_code, std::uint64_t item) { *sum += item; };
        for (; left != 0; --left)
            if (!channel->try_receive(take))
                return channel->async_receive(Bind(bind)(*this));
    }
    void operator()(error_code, std::uint64_t item) {
        *sum += item;
        --left;
        start();
    }
};

} // namespace streamx::bench
