#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/next.hpp>
#include <streamx/core/error.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/expectation.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace streamx::testing {

namespace detail {

/// One stream, pulled by the rules, with one of its waits interrupted.
template <class S>
class contract_run {
public:
    enum class how { not_at_all, cancel, destroy, wait_twice };

    /// The wait number `at` is interrupted after `steps` handlers have run.
    struct interruption {
        how what = how::not_at_all;
        std::size_t at = 0;
        std::size_t steps = 0;
        asio::cancellation_type type = asio::cancellation_type::none;
    };

    struct outcome {
        collected<item_t<S>> got;
        std::size_t waits = 0;
        bool in_time = false; ///< the interruption came before the wait was over
        bool cut = false;     ///< the stream was not pulled to its end
    };

    template <class Context>
    static outcome play(Context& context, S&& stream, interruption plan) {
        return contract_run(context, std::move(stream), plan).seen_;
    }

private:
    static constexpr std::size_t most_futile_waits = 10'000;

    template <class Context>
    contract_run(Context& context, S&& stream, interruption plan)
        : stream_(std::move(stream)), plan_(plan), elsewhere_(context.get_executor()) {
        pull(context);
    }

    template <class Context>
    void pull(Context& context) {
        std::size_t futile = 0;
        try {
            for (;;) {
                if (auto item = streamx::detail::try_next_once(*stream_)) {
                    seen_.got.items.push_back(*std::move(item));
                    futile = 0;
                    continue;
                } else if (item.is_end()) {
                    seen_.got.ended = true;
                    return;
                }
                if (++futile == most_futile_waits)
                    throw expectation_failed("async_wait completes, and try_next has nothing");
                const auto ec = wait(context);
                if (!stream_)
                    return;
                if (ec)
                    throw boost::system::system_error(ec, "wait");
            }
        } catch (const expectation_failed&) {
            throw;
        } catch (...) {
            seen_.got.failure = std::current_exception();
            seen_.got.what = what_of(seen_.got.failure);
        }
    }

    /// A wait that has been begun.
    struct begun {
        completion_probe<> done = {};
        std::shared_ptr<bool> at_home = std::make_shared<bool>(true);

        bool over() const { return done.calls() != 0 || done->destroyed != 0; }
    };

    template <class Context>
    error_code wait(Context& context) {
        const bool interrupted = plan_.what != how::not_at_all && plan_.at == seen_.waits;
        ++seen_.waits;
        asio::cancellation_signal cancel;
        const auto first = begin(cancel.slot());
        std::optional<begun> second;
        if (interrupted) {
            for (std::size_t i = 0; i != plan_.steps && !first.over(); ++i)
                run_one(context, first);
            seen_.in_time = !first.over();
            if (seen_.in_time && plan_.what == how::wait_twice)
                second = begin({});
            else if (seen_.in_time)
                interrupt(context, cancel, first);
        }
        run_until_over(context, first);
        if (second && (first.done->destroyed != 0 || first.done->ec))
            throw expectation_failed("a second wait took the place of the first");
        check(context, first);
        if (second && !second->over()) { // it waits for what comes next, and nobody else may then
            stream_.reset();
            seen_.cut = true;
        }
        return interrupted && !second ? error_code() : first.done->ec;
    }

    begun begin(asio::cancellation_slot slot) {
        begun w;
        w.done.start([&](auto handler) {
            auto checked =
                [this, at_home = w.at_home, handler = std::move(handler)](error_code ec) mutable {
                    *at_home = elsewhere_.running_in_this_thread();
                    handler(ec);
                };
            stream_->async_wait(asio::bind_cancellation_slot(
                slot, asio::bind_executor(elsewhere_, std::move(checked))));
        });
        if (w.done.calls() != 0)
            throw expectation_failed("async_wait completed inside the call");
        return w;
    }

    /// Gives up a wait that is not over yet. No time passes until it has answered.
    template <class Context>
    void interrupt(Context& context, asio::cancellation_signal& cancel, const begun& first) {
        if (plan_.what == how::cancel)
            cancel.emit(plan_.type);
        else
            stream_.reset();
        if (first.done.calls() != 0 && !stream_)
            throw expectation_failed("a wait completed inside the stream's destructor");
        hold(context, true);
        run_until_over(context, first);
        hold(context, false);
        if (!first.over())
            throw expectation_failed(
                stream_ ? "a wait that was cancelled does not complete"
                        : "a wait whose stream was destroyed does not complete");
        if (first.done->ec && first.done->ec != asio::error::operation_aborted)
            throw expectation_failed(
                std::string(
                    stream_ ? "a wait that was cancelled" : "a wait whose stream was destroyed") +
                " completed with another error: " + first.done->what);
    }

    template <class Context>
    void check(Context& context, const begun& w) const {
        if (w.done->destroyed != 0)
            throw expectation_failed("async_wait destroyed its handler and did not call it");
        if (w.done.calls() == 0)
            throw expectation_failed(
                io(context).stopped()
                    ? "async_wait does not complete, nor is there anything to run"
                    : "async_wait does not complete: what it waits for is neither in its context "
                      "nor goes by the context's clock, as streamx::after does");
        if (w.done.calls() > 1)
            throw expectation_failed("async_wait called its handler more than once");
        if (!*w.at_home)
            throw expectation_failed("async_wait did not complete on its handler's executor");
    }

    template <class Context>
    static void run_until_over(Context& context, const begun& w) {
        while (!w.over() && run_one(context, w) != 0) {
        }
    }

    /// Runs one handler. A wait that is not over then keeps the context running.
    template <class Context>
    static std::size_t run_one(Context& context, const begun& w) {
        const auto ran = one(context);
        if (!w.over() && io(context).stopped())
            throw expectation_failed("async_wait does not keep its io_context running");
        return ran;
    }
    static std::size_t one(virtual_clock& clock) { return clock.run_one(); }
    static std::size_t one(asio::io_context& context) {
        context.restart();
        return context.poll_one();
    }

    static void hold(virtual_clock& clock, bool on) { clock.hold(on); }
    static void hold(asio::io_context&, bool) {}

    template <class Context>
    static asio::io_context& io(Context& context) {
        return context.get_executor().context();
    }

    std::optional<S> stream_;
    interruption plan_;
    asio::strand<asio::io_context::executor_type> elsewhere_;
    outcome seen_;
};

template <class T>
bool same_items(const collected<T>& a, const collected<T>& b) {
    if (a.ended != b.ended || a.what != b.what || a.items.size() != b.items.size())
        return false;
    if constexpr (std::equality_comparable<T>)
        return a.items == b.items;
    else
        return true;
}

} // namespace detail

/// Checks a stream of yours against what `docs/writing-a-stream.md` asks of it. `make(executor)` makes
/// one that comes to an end or a failure, the same each time; it goes by the clock of the executor's
/// context, if it takes time: `clock_service`, not a timer of Asio's. It is pulled to its end, then
/// again with each of its waits cancelled at each moment, with the stream destroyed at each moment, and
/// with a second wait begun at each moment.
///
/// Throws `expectation_failed`, which says what promise was broken. Returns what the stream gave.
template <class Make>
    requires std::invocable<Make&, asio::any_io_executor>
auto verify_stream_contract(Make make) {
    using stream = std::invoke_result_t<Make&, asio::any_io_executor>;
    static_assert(async_stream<stream>, "make(executor) does not make a stream");
    using run = detail::contract_run<stream>;
    using how = typename run::how;

    const auto play = [&make](typename run::interruption plan) {
        asio::io_context context;
        virtual_clock clock(context);
        return run::play(clock, make(asio::any_io_executor(context.get_executor())), plan);
    };
    const auto whole = play({});
    for (std::size_t at = 0; at != whole.waits; ++at) {
        using enum asio::cancellation_type;
        for (auto type : {total, partial, terminal})
            for (std::size_t steps = 0;; ++steps) {
                const auto cancelled = play({how::cancel, at, steps, type});
                if (!detail::same_items(cancelled.got, whole.got))
                    throw expectation_failed(
                        "a wait was cancelled, and items were lost or doubled");
                if (!cancelled.in_time)
                    break;
            }
        for (std::size_t steps = 0; play({how::destroy, at, steps}).in_time; ++steps) {
        }
        for (std::size_t steps = 0;; ++steps) {
            const auto twice = play({how::wait_twice, at, steps});
            if (!twice.cut && !detail::same_items(twice.got, whole.got))
                throw expectation_failed("a second wait was begun, and items were lost or doubled");
            if (!twice.in_time)
                break;
        }
    }
    return whole.got;
}

/// Checks as much of it as one stream shows that is pulled once, on `context`: an `io_context` or a
/// `virtual_clock`. Its first wait is cancelled at once.
template <async_stream S, class Context>
collected<item_t<S>> verify_stream_contract(Context& context, S stream) {
    using run = detail::contract_run<S>;
    return run::play(
               context, std::move(stream), {run::how::cancel, 0, 0, asio::cancellation_type::total})
        .got;
}

/// The same of a stream that has no executor.
template <async_stream S>
    requires std::same_as<executor_t<S>, no_executor>
collected<item_t<S>> verify_stream_contract(S stream) {
    asio::io_context context;
    return verify_stream_contract(context, std::move(stream));
}

} // namespace streamx::testing
