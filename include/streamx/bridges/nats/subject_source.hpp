#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/detail/subject.hpp>
#include <streamx/bridges/nats/payload_codec.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/codec.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::nats {

/// A message of a subject, decoded.
template <class T>
struct published {
    T value;
    std::string subject; ///< that it was published on
    std::string reply{}; ///< where the publisher awaits an answer; empty if it does not
};

/// The messages that are published on a subject while this is there, without JetStream: nothing is
/// stored, nothing comes again, and what is published while the connection is lost is not seen. A
/// publisher cannot be held up either: what finds no room here is dropped or fails the stream, and is
/// counted. It never ends; it fails when the connection is closed or the codec throws.
///
/// Thread safety: from one thread at a time.
template <io::decoder Codec = payload_codec>
class [[nodiscard]] subject_source : public stream_interface<subject_source<Codec>> {
    using item = typename Codec::value_type;

public:
    using value_type = published<item>;
    using executor_type = asio::any_io_executor;

    /// Throws `std::invalid_argument` if `capacity` is 0, or `when_full` neither drops nor fails, and
    /// `boost::system::system_error` if there can be no such subject.
    subject_source(const connection& c, subject_options options, Codec codec = Codec())
        : executor_(c.get_executor()), codec_(std::move(codec)),
          inlet_(detail::open_subject(c.link(), std::move(options))) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() {
        while (ready_.empty()) {
            const auto m = inlet_->try_take();
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

    /// Also when it has failed.
    subject_stats stats() const { return inlet_->stats(); }

    /// When the stream is over nobody listens any more; its figures stay.
    void release() noexcept { inlet_->stop(); }

private:
    void decode(const detail::message& m) {
        auto rest = m.payload();
        for (bool first = true; auto one = detail::decode_next(codec_, rest, first); first = false)
            ready_.push_back({*std::move(one), std::string(m.subject()), std::string(m.reply())});
    }

    executor_type executor_;
    Codec codec_;
    detail::inlet_handle<detail::subject_inlet> inlet_;
    std::deque<value_type> ready_; // of one message
};

} // namespace streamx::nats
