#pragma once

#include <streamx/core/async_sink.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/carrier.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/first_executor.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/wrapped_op.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::detail {

struct sent {};

/// A carrier whose value is with a sink that says when it has completed it.
template <carrier D>
struct settle_when_done {
    void operator()(error_code ec) {
        if (!ec)
            carrier_traits<D>::settle(item);
    }

    D item;
};

/// A sink for items of type `T`, or for what they carry.
template <class Sink, class T>
concept sink_for = async_sink<Sink, T> || (carrier<T> && async_sink<Sink, carried_t<T>>);

/// A stream that puts each of upstream's items into a sink and says so: pulling it to its end is
/// forwarding. `Up` and `Sink` are values (owned) or references (borrowed). An owned sink is closed
/// with upstream's failure, and by its destruction at upstream's end. Of a carrier a sink that takes
/// no carriers gets the value; it is settled when the sink has taken that, or has completed it where it
/// tells.
template <class Up, class Sink>
class sending_stream {
    using item = item_t<Up>;
    static constexpr bool sends_values =
        carrier<item> && !async_sink<std::remove_cvref_t<Sink>, item>;

public:
    using value_type = sent;
    using executor_type = typename first_executor<executor_t<Up>, executor_t<Sink>>::type;

    sending_stream(Up&& up, Sink&& sink)
        : up_(std::forward<Up>(up)), sink_(std::forward<Sink>(sink)) {}
    /// Moves only before the first pull, while nothing is held.
    sending_stream(sending_stream&& other) noexcept
        : up_(std::forward<Up>(other.up_)), sink_(std::forward<Sink>(other.sink_)) {}
    /// An item that found no room goes to the sink's hook, if the sink is ours: a borrowed one may
    /// be gone.
    ~sending_stream() {
        if constexpr (!std::is_reference_v<Sink>)
            if constexpr (requires { sink_.undelivered(*std::move(held_)); })
                if (held_)
                    sink_.undelivered(*std::move(held_));
    }

    executor_type get_executor() const noexcept {
        if constexpr (std::is_same_v<executor_t<Up>, no_executor>)
            return sink_.get_executor();
        else
            return up_.get_executor();
    }

    poll<sent> try_next() {
        if (std::exchange(taken_, false))
            return sent();
        if (!held_) {
            auto next = closing_on_failure([this] { return up_.try_next(); });
            if (!next)
                return next.template without_item<sent>();
            if (put(*next)) [[likely]]
                return sent();
            held_ = std::move(next).to_optional();
        }
        if (!put(*held_))
            return pending;
        held_.reset();
        return sent();
    }

    template <class Take>
        requires(!std::is_reference_v<Up>)
    [[gnu::always_inline]] halt each_ready(Take&& take) {
        if (taken_ || held_) {
            if (!try_next())
                return halt::pending;
            if (!take(sent()))
                return halt::asked;
        }
        bool full = false;
        auto send = [&](item&& next) __attribute__((always_inline)) {
            if (!put(next)) [[unlikely]] {
                held_.emplace(std::move(next));
                full = true;
                return false;
            }
            return take(sent());
        };
        const auto why = closing_on_failure([&] { return detail::each_ready(up_, send); });
        return full ? halt::pending : why;
    }

    /// Tells `step` what has been done and not been pulled, when the operation is aborted.
    template <class Step>
    void report(Step& step) {
        if (std::exchange(taken_, false))
            step(sent());
    }

    /// Waits for room while an item is held, and for an item otherwise.
    template <class Op>
    void async_wait(Op op) {
        if (!held_)
            up_.async_wait(std::move(op));
        else if constexpr (sends_values || requires {
                               typename std::remove_cvref_t<Sink>::waits_for_room;
                           })
            sink_.async_wait(std::move(op));
        else if constexpr (requires { sink_.async_send(*std::move(held_), std::move(op)); }) {
            // It keeps its place in the sink's queue, and is the sink's to give back.
            item next = *std::move(held_);
            held_.reset();
            sink_.async_send(std::move(next), sent_op<Op>{{std::move(op)}, this});
        } else
            sink_.async_wait(std::move(op));
    }

private:
    template <class Op>
    struct sent_op : wrapped_op<Op> {
        void operator()(error_code ec) {
            if (!ec) // on error the stream may be gone
                self->taken_ = true;
            this->op(ec);
        }

        sending_stream* self;
    };

    [[gnu::always_inline]] bool put(item& next) {
        if constexpr (!sends_values)
            return sink_.try_send(next);
        else
            return put_value(next);
    }

    bool put_value(item& next) {
        if constexpr (requires(settle_when_done<item>& done) {
                          sink_.try_send(value_in(next), done);
                      }) {
            settle_when_done<item> done{std::move(next)};
            if (sink_.try_send(value_in(done.item), done))
                return true;
            next = std::move(done.item);
            return false;
        } else {
            if (!sink_.try_send(value_in(next)))
                return false;
            carrier_traits<item>::settle(next);
            return true;
        }
    }

    template <class Pull>
    auto closing_on_failure(Pull pull) {
        if constexpr (std::is_reference_v<Sink>) {
            return pull();
        } else {
            try {
                return pull();
            } catch (...) {
                sink_.close(std::current_exception());
                throw;
            }
        }
    }

    Up up_;
    Sink sink_;
    std::optional<item> held_; // pulled, and not in the sink yet
    bool taken_ = false;       // the sink took it while this waited
};

} // namespace streamx::detail
