#pragma once

#include <streamx/bridges/nats/detail/receipt.hpp>
#include <streamx/bridges/nats/error.hpp>
#include <streamx/core/carrier.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::nats {

/// A message of JetStream, decoded, and the duty to answer it. A delivery that is destroyed unanswered refuses the message (`nak`), which is then
/// delivered again. Of messages that hold several items each, one is acknowledged with its last item.
///
/// It is a `carrier`: operators are called with the value, what they make is a delivery again with the
/// same duty, and a terminal acknowledges what it has used up.
///
/// The first answer counts. An answer may be lost with the connection: then the message comes again.
/// Move only. Thread safety: distinct objects may be used from any threads.
template <class T>
class delivery {
public:
    using value_type = T;

    delivery(delivery&&) noexcept = default;
    delivery& operator=(delivery&&) noexcept = default;

    T& value() noexcept { return value_; }
    const T& value() const noexcept { return value_; }
    T& operator*() noexcept { return value_; }
    const T& operator*() const noexcept { return value_; }
    T* operator->() noexcept { return &value_; }
    const T* operator->() const noexcept { return &value_; }

    /// Done with: it is not delivered again.
    void ack() noexcept { receipt_.ack(); }
    /// Refused: to be delivered again, after `delay` at the earliest.
    void nak(std::chrono::nanoseconds delay = {}) noexcept { receipt_.nak(delay); }
    /// Still being worked on: its time to be answered in (`ack_wait`) begins anew.
    void in_progress() noexcept { receipt_.in_progress(); }
    /// Not to be delivered again, although it was not dealt with.
    void term() noexcept { receipt_.term(); }
    bool is_answered() const noexcept { return !receipt_.is_open(); }

    /// Acknowledges, and has the server confirm that it knows.
    /// @completes `void(error_code)` on the handler's associated executor, that of the source's
    ///            connection by default; never inside this call
    /// @errors  `errc::already_answered`; `asio::error::timed_out`: no confirmation, so it may come
    ///          again; `errc::connection_closed`
    /// @cancels total, partial, terminal; the acknowledgement has been sent
    /// @threads as the class
    template <class Token>
    auto async_ack_sync(Token&& token) {
        return detail::async_answer<detail::nothing>(
            detail::executor_of(receipt_.last()),
            [duty = std::make_shared<detail::receipt>(receipt_.hand_on())](
                const detail::answer_ptr<detail::nothing>& done) { duty->ack(done); },
            std::forward<Token>(token));
    }

    const nats::metadata& metadata() const noexcept { return detail::metadata_of(receipt_.last()); }
    std::uint64_t sequence() const noexcept { return metadata().sequence; }
    std::uint64_t delivered() const noexcept { return metadata().delivered; }
    std::chrono::system_clock::time_point timestamp() const noexcept {
        return metadata().timestamp;
    }
    std::string_view subject() const noexcept {
        return detail::message_of(receipt_.last()).subject();
    }
    std::string header(const std::string& name) const {
        return detail::message_of(receipt_.last()).header(name);
    }
    std::vector<std::pair<std::string, std::string>> headers() const {
        return detail::message_of(receipt_.last()).headers();
    }

    /// A delivery of another value with this one's duty.
    template <class U>
    delivery<U> with(U value) && {
        return {std::move(value), std::move(receipt_)};
    }

    /// One delivery of many values, which answers all their messages; its metadata are the last one's.
    /// Precondition: there is one.
    static delivery<std::vector<T>> join(std::vector<delivery>&& all) {
        std::vector<T> values;
        values.reserve(all.size());
        detail::receipt duty;
        for (auto& one : all) {
            values.push_back(std::move(one.value_));
            duty.add(std::move(one.receipt_));
        }
        return {std::move(values), std::move(duty)};
    }

    /// Made by a source.
    delivery(T value, detail::receipt duty) : value_(std::move(value)), receipt_(std::move(duty)) {}

private:
    T value_;
    detail::receipt receipt_;
};

} // namespace streamx::nats

template <class T>
struct streamx::carrier_traits<streamx::nats::delivery<T>> {
    using value_type = T;
    template <class U>
    using rebind = streamx::nats::delivery<U>;

    static T& value(streamx::nats::delivery<T>& d) noexcept { return d.value(); }
    template <class U>
    static rebind<U> with(streamx::nats::delivery<T>&& from, U value) {
        return std::move(from).with(std::move(value));
    }
    static rebind<std::vector<T>> join(std::vector<streamx::nats::delivery<T>>&& all) {
        return streamx::nats::delivery<T>::join(std::move(all));
    }
    static void settle(streamx::nats::delivery<T>& d) noexcept { d.ack(); }
};
