#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace streamx::testing {

/// An asynchronous function whose calls a test completes by hand: `work(i, token)` makes `10 * i`.
class desk {
public:
    explicit desk(asio::io_context& ctx) : ctx_(&ctx) {}

    template <class Token>
    auto operator()(int item, Token&& token) {
        return asio::async_initiate<Token, void(error_code, int)>(
            [this](auto handler, int i) {
                started.push_back(i);
                auto h = std::make_shared<decltype(handler)>(std::move(handler));
                if (auto slot = asio::get_associated_cancellation_slot(*h); slot.is_connected())
                    slot.assign([this, i](asio::cancellation_type) {
                        cancelled.push_back(i);
                        if (!stubborn)
                            finish(i, asio::error::operation_aborted);
                    });
                open_[i] = [h](error_code ec, int made) { std::move (*h)(ec, made); };
            },
            token,
            item);
    }

    /// Completes the call for an item, by a post.
    void finish(int i, error_code ec = {}) {
        asio::post(*ctx_, [this, i, ec] {
            if (auto call = open_.extract(i))
                call.mapped()(ec, 10 * i);
        });
    }

    std::vector<int> started;
    std::vector<int> cancelled;
    bool stubborn = false; // it doesn't care when it is cancelled

private:
    asio::io_context* ctx_;
    std::map<int, std::function<void(error_code, int)>> open_;
};

} // namespace streamx::testing
