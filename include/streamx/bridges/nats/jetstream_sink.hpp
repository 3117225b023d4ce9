#pragma once

#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/detail/publisher.hpp>
#include <streamx/bridges/nats/payload_codec.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/error.hpp>
#include <streamx/io/codec.hpp>
#include <streamx/io/write_buffer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/system_error.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace streamx::nats {

/// Publishes items to a JetStream stream and sees to it that each message is acknowledged: what is not
/// is sent again with the same id, by which the server knows it. It takes no more items than its window
/// has room for, in messages and in bytes. With `items_per_message` small items go together, each
/// message with one acknowledgement.
///
/// Destroyed, it goes on until what it has taken is acknowledged or given up. Thread safety: may be used
/// from any thread, by one at a time.
template <io::encoder Codec = payload_codec>
class jetstream_sink {
    using item = typename Codec::value_type;

public:
    using value_type = item;
    using executor_type = asio::any_io_executor;
    /// `forward_to` waits for room, and not for each acknowledgement.
    using waits_for_room = void;

    /// Throws `std::invalid_argument` if a limit or a time in the options is 0, the subject is none to
    /// publish on, or an id has control characters.
    jetstream_sink(const connection& c, sink_options options, Codec codec = Codec())
        : executor_(c.get_executor()) {
        streamx::detail::checked_size(options.window, "jetstream_sink: window must be at least 1");
        streamx::detail::checked_size(
            options.window_bytes, "jetstream_sink: window_bytes must be at least 1");
        streamx::detail::checked_size(
            options.items_per_message, "jetstream_sink: items_per_message must be at least 1");
        auto p = detail::open_publisher(c.link(), options);
        core_ = std::make_shared<core>(std::move(options), std::move(codec), std::move(p));
    }
    jetstream_sink(jetstream_sink&&) noexcept = default;
    jetstream_sink& operator=(jetstream_sink&&) = delete;
    ~jetstream_sink() {
        if (core_)
            core_->finish();
    }

    executor_type get_executor() const noexcept { return executor_; }

    /// Takes the item and returns true; or, without room or when it has failed, leaves it and returns
    /// false. What the codec throws takes nothing, and so does an item that is too large for the server:
    /// a `boost::system::system_error` with `errc::message_too_large`.
    bool try_send(item& i) { return core_->send(i); }
    bool try_send(item&& i) { return core_->send(i); }

    /// The same; an item that is taken takes `done` with it, and `done(error_code)` is called, on the
    /// connection's executor, when the message with it is acknowledged or the sink has failed.
    template <class Done>
    bool try_send(item& i, Done& done) {
        if (!core_->send(i))
            return false;
        core_->when_stored(
            [own = std::make_shared<Done>(std::move(done))](error_code ec) { (*own)(ec); });
        return true;
    }

    /// Waits until `try_send` is worth calling again.
    /// @completes `void(error_code)` on the handler's associated executor, the connection's by default;
    ///            never inside this call
    /// @errors  why it has failed; `streamx::errc::closed`: it was closed
    /// @cancels total, partial, terminal; it has no side effect
    /// @threads as the class
    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_answer<detail::nothing>(
            executor_,
            [c = core_](const detail::answer_ptr<detail::nothing>& done) { c->wait(done); },
            std::forward<Token>(token));
    }

    /// Sends an item, when there is room.
    /// @completes `void(error_code)` when the message with it is acknowledged, so stored, or with
    ///            `complete_on::acceptance` when it is taken; on the handler's associated executor, the
    ///            connection's by default; never inside this call
    /// @errors  `errc::message_too_large` and what the codec throws: the item is not taken, and the sink
    ///          goes on. Why the sink has failed: an answer of `jetstream_category`;
    ///          `asio::error::timed_out`: not acknowledged in time, it may be stored or not;
    ///          `errc::connection_closed`; `streamx::errc::closed`
    /// @cancels total, partial, terminal; the item may be stored or not
    /// @threads as the class
    template <class Token>
    auto async_send(item i, Token&& token) {
        return detail::async_answer<detail::nothing>(
            executor_,
            [c = core_, i = std::make_shared<item>(std::move(i))](
                const detail::answer_ptr<detail::nothing>& done) {
                core::send_when_room(c, i, done);
            },
            std::forward<Token>(token));
    }

    /// Sends what waits to be sent, and waits until everything is acknowledged.
    /// @completes `void(error_code)` on the handler's associated executor, the connection's by default;
    ///            never inside this call
    /// @errors  as `async_send`
    /// @cancels total, partial, terminal; it only waits
    /// @threads as the class
    template <class Token>
    auto async_flush(Token&& token) {
        return detail::async_answer<detail::nothing>(
            executor_,
            [c = core_](const detail::answer_ptr<detail::nothing>& done) { c->flush(done); },
            std::forward<Token>(token));
    }

    /// Takes no more items; what was taken is still sent.
    void close() { core_->finish(); }
    /// The same: a failure of the producer does not take back what it has sent.
    void close(std::exception_ptr) { core_->finish(); }

    sink_stats stats() const { return core_->out->stats(); }

private:
    struct core : std::enable_shared_from_this<core> {
        core(sink_options o, Codec c, std::shared_ptr<detail::publisher> p)
            : options(std::move(o)), codec(std::move(c)), out(std::move(p)) {}

        bool send(item& i) {
            std::lock_guard lock(mutex);
            if (closed || out->has_failed() || !(has_room = has_room || out->has_room()))
                return false;
            const auto before = filling.size();
            try {
                codec.encode(std::move(i), filling);
                if (const auto most = out->max_payload(); filling.size() > most)
                    part_at(before, most);
            } catch (...) {
                filling.cut_to(before);
                throw;
            }
            if (++count >= options.items_per_message || filling.size() >= options.message_bytes)
                publish();
            else if (count == 1)
                out->linger(options.linger, [weak = this->weak_from_this()] {
                    if (auto self = weak.lock()) {
                        std::lock_guard relock(self->mutex);
                        self->publish();
                    }
                });
            return true;
        }

        /// The last item does not fit with those before it: they go without it, if it fits at all.
        void part_at(std::size_t before, std::size_t most) {
            const auto last = filling.to_string().substr(before);
            if (last.size() > most)
                throw boost::system::system_error(errc::message_too_large, "jetstream_sink");
            filling.cut_to(before);
            publish();
            filling.append(last);
        }

        void publish() {
            if (count == 0)
                return;
            out->publish(filling.to_string());
            filling.clear();
            count = 0;
            has_room = false;
        }

        void wait(const detail::answer_ptr<detail::nothing>& done) {
            std::lock_guard lock(mutex);
            if (closed)
                done->complete(streamx::errc::closed);
            else
                out->wait_for_room(done);
        }

        void flush(const detail::answer_ptr<detail::nothing>& done) {
            std::lock_guard lock(mutex);
            publish();
            out->flush(done);
        }

        void when_stored(std::function<void(error_code)> then) {
            std::lock_guard lock(mutex);
            out->when_stored(std::move(then), count != 0);
        }

        void finish() {
            std::lock_guard lock(mutex);
            closed = true;
            publish();
        }

        static void send_when_room(
            const std::shared_ptr<core>& self,
            const std::shared_ptr<item>& i,
            const detail::answer_ptr<detail::nothing>& done) {
            try {
                if (!self->send(*i)) {
                    // Room first: the wait completes an answer of our own, which tries again.
                    detail::async_answer<detail::nothing>(
                        self->executor(),
                        [self](const detail::answer_ptr<detail::nothing>& room) {
                            self->wait(room);
                        },
                        [self, i, done](error_code ec) {
                            if (ec)
                                done->complete(ec);
                            else
                                send_when_room(self, i, done);
                        });
                    return;
                }
            } catch (...) {
                return done->complete(to_error_code(std::current_exception()));
            }
            if (self->options.completes == complete_on::acceptance)
                return done->complete({});
            std::lock_guard lock(self->mutex);
            self->out->flush(done, self->count != 0);
        }

        asio::any_io_executor executor() const { return out->executor(); }

        std::mutex mutex;
        sink_options options;
        Codec codec;
        std::shared_ptr<detail::publisher> out;
        io::write_buffer filling; // the message that is not full yet
        std::size_t count = 0;    // items in it
        bool has_room = false;    // for it: nobody but us takes any, so it is asked for once
        bool closed = false;
    };

    executor_type executor_;
    std::shared_ptr<core> core_;
};

} // namespace streamx::nats
