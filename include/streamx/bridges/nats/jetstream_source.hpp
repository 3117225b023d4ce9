#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/delivery.hpp>
#include <streamx/bridges/nats/detail/pull.hpp>
#include <streamx/bridges/nats/payload_codec.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/codec.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::nats {

/// The messages of a JetStream stream, each as a `delivery` of what the codec makes of its payload; a
/// payload of several items gives several. It asks the server for as many messages as it has room for,
/// so that a slow pipeline holds up the server and not the memory; and asks again after a reconnect, or
/// when the messages' leader has changed. It never ends; it fails when the consumer is gone or the
/// connection is closed.
///
/// Destroyed, it refuses what nobody has taken. Thread safety: from one thread at a time.
template <io::decoder Codec = payload_codec>
class [[nodiscard]] jetstream_source : public stream_interface<jetstream_source<Codec>> {
    using item = typename Codec::value_type;

public:
    using value_type = delivery<item>;
    using executor_type = asio::any_io_executor;

    jetstream_source(const connection& c, source_options options, Codec codec = Codec())
        : executor_(c.get_executor()), codec_(std::move(codec)),
          on_undecodable_(options.on_undecodable),
          inlet_(detail::open_pull(c.link(), std::move(options))) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() {
        while (ready_.empty()) {
            auto m = inlet_->try_take();
            if (!m)
                return pending;
            decode(m);
        }
        auto next = std::move(ready_.front());
        ready_.pop_front();
        return next;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return inlet_.async_wait(std::forward<Token>(token));
    }

private:
    void decode(const std::shared_ptr<detail::pulled_message>& m) {
        detail::receipt whole(m); // refuses it, should this throw
        std::vector<item> items;
        try {
            auto rest = detail::message_of(*m).payload();
            for (bool first = true; auto one = detail::decode_next(codec_, rest, first);
                 first = false)
                items.push_back(*std::move(one));
        } catch (...) {
            if (!on_undecodable_)
                throw;
            whole.term();
            on_undecodable_(detail::metadata_of(*m), std::current_exception());
            return;
        }
        if (items.empty())
            return whole.ack();
        detail::expect_answers(*m, items.size());
        for (auto& one : items)
            ready_.emplace_back(std::move(one), detail::receipt(m));
        whole.release();
    }

    executor_type executor_;
    Codec codec_;
    std::function<void(const metadata&, std::exception_ptr)> on_undecodable_;
    detail::inlet_handle<detail::pull_inlet> inlet_;
    std::deque<value_type> ready_; // of one message
};

} // namespace streamx::nats
