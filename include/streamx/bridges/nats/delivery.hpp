#pragma once

#include <streamx/bridges/nats/detail/receipt.hpp>
#include <streamx/bridges/nats/error.hpp>

#include <boost/asio/any_io_executor.hpp>

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
            executor_,
            [duty = std::make_shared<detail::receipt>(std::move(receipt_))](
                const detail::answer_ptr<detail::nothing>& done) { duty->ack(done); },
            std::forward<Token>(token));
    }

    const nats::metadata& metadata() const noexcept { return detail::metadata_of(*last_); }
    std::uint64_t sequence() const noexcept { return metadata().sequence; }
    std::uint64_t delivered() const noexcept { return metadata().delivered; }
    std::chrono::system_clock::time_point timestamp() const noexcept {
        return metadata().timestamp;
    }
    std::string_view subject() const noexcept { return detail::message_of(*last_).subject(); }
    std::string header(const std::string& name) const {
        return detail::message_of(*last_).header(name);
    }
    std::vector<std::pair<std::string, std::string>> headers() const {
        return detail::message_of(*last_).headers();
    }

    /// Made by a source.
    delivery(
        T value,
        detail::receipt duty,
        std::shared_ptr<detail::pulled_message> of,
        asio::any_io_executor ex)
        : value_(std::move(value)), receipt_(std::move(duty)), last_(std::move(of)),
          executor_(std::move(ex)) {}

private:
    T value_;
    detail::receipt receipt_;
    std::shared_ptr<detail::pulled_message> last_;
    asio::any_io_executor executor_;
};

} // namespace streamx::nats
