#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/error.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/completion_probe.hpp>
#include <streamx/testing/expectation.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <concepts>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace streamx::testing {

/// A consumer in the hands of a test: it takes as many items of a stream as it is told to, and says
/// whether they were the ones that were expected.
///
///     testing::virtual_clock clock(context);
///     testing::probe consumer(clock, std::move(stream));
///     consumer.request(2);
///     consumer.expect_next(1);
///     consumer.expect_next(2);
///     consumer.expect_nothing();
///     consumer.expect_end();
///
/// What is expected is waited for: the context runs, and of a `virtual_clock` time passes, until it
/// comes or nothing goes on any more. Each `expect_` throws `expectation_failed` if it does not come.
template <class S, class Context>
class probe {
public:
    using value_type = item_t<S>;

    /// `context` is an `io_context` or a `virtual_clock`. The stream's executor is of the same.
    probe(Context& context, S stream)
        : context_(context), state_(std::make_shared<state>(std::move(stream), context)) {}

    /// Asks for so many items more. Throws `std::invalid_argument` for none.
    void request(std::size_t n) {
        if (n == 0)
            throw std::invalid_argument("probe: a request for no items");
        state_->asked += n;
        pull(state_);
    }

    /// The next item is there, or comes; asks for it if it was not asked for. Returns it.
    value_type expect_next() {
        auto seen = next("an item");
        if (!seen.item)
            throw expectation_failed("expected an item, and there was " + seen.text());
        return *std::move(seen.item);
    }
    /// It is this one.
    template <class T>
    void expect_next(const T& expected) {
        const auto item = expect_next();
        if (!(item == expected))
            throw expectation_failed(
                "expected the item " + detail::describe(expected) + ", and there was the item " +
                detail::describe(item));
    }

    /// Nothing that was asked for comes now. No time passes.
    void expect_nothing() {
        run_now();
        refuse_any("nothing");
    }
    /// Nor in so much time from now.
    void expect_nothing_for(virtual_clock::duration time)
        requires std::same_as<Context, virtual_clock>
    {
        context_.run_for(time);
        refuse_any("nothing for some time");
    }

    /// The stream ends here.
    void expect_end() {
        const auto seen = next("the end");
        if (!seen.ended)
            throw expectation_failed("expected the end, and there was " + seen.text());
    }

    /// The stream fails here. Returns its failure.
    std::exception_ptr expect_error() {
        auto seen = next("a failure");
        if (!seen.failure)
            throw expectation_failed("expected a failure, and there was " + seen.text());
        return std::move(seen.failure);
    }
    /// With this code, or what `to_error_code` makes of its exception.
    void expect_error(error_code expected) {
        const auto failure = expect_error();
        if (to_error_code(failure) != expected)
            throw expectation_failed(
                "expected the failure " + expected.message() + ", and it was " + what_of(failure));
    }
    /// With this text.
    void expect_error(const std::string& expected) {
        const auto failure = expect_error();
        if (what_of(failure) != expected)
            throw expectation_failed(
                "expected the failure " + expected + ", and it was " + what_of(failure));
    }

    /// Destroys the stream, as a consumer does who has had enough.
    void cancel() {
        state_->stream.reset();
        run_now();
    }

private:
    struct event {
        std::optional<value_type> item = {};
        std::exception_ptr failure = nullptr;
        bool ended = false;

        std::string text() const {
            if (item)
                return "the item " + detail::describe(*item);
            return ended ? "the end" : "the failure " + what_of(failure);
        }
    };

    struct state {
        state(S s, Context& context) : stream(std::move(s)), executor(context.get_executor()) {}

        std::optional<S> stream;
        asio::io_context::executor_type executor;
        std::size_t asked = 0;
        bool pulling = false;
        std::deque<event> events;
    };

    static void pull(const std::shared_ptr<state>& s) {
        if (s->pulling || s->asked == 0 || !s->stream)
            return;
        s->pulling = true;
        s->stream->async_next(asio::bind_executor(
            s->executor, [s](std::exception_ptr failure, std::optional<value_type> item) {
                s->pulling = false;
                if (!s->stream)
                    return; // cancelled
                --s->asked;
                if (!item)
                    s->asked = 0; // over
                const bool ended = !failure && !item;
                s->events.push_back({std::move(item), std::move(failure), ended});
                pull(s);
            }));
    }

    event next(const char* expected) {
        if (state_->events.empty() && state_->asked == 0)
            request(1);
        run_until(context_, [this] { return !state_->events.empty(); });
        if (state_->events.empty())
            throw expectation_failed("expected " + std::string(expected) + ", and nothing came");
        auto seen = std::move(state_->events.front());
        state_->events.pop_front();
        return seen;
    }

    void refuse_any(const char* expected) {
        if (!state_->events.empty())
            throw expectation_failed(
                "expected " + std::string(expected) + ", and there was " +
                state_->events.front().text());
    }

    void run_now() {
        if constexpr (std::same_as<Context, virtual_clock>)
            context_.run_for({});
        else
            run_until(context_, [] { return false; });
    }

    Context& context_;
    std::shared_ptr<state> state_;
};

} // namespace streamx::testing
