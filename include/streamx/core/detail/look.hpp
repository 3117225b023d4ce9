#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/stream_base.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::detail {

/// A question about the next item of a stream that can be peeked into, as a stream of answers: to
/// be driven for one. Who drives it has the claim to the stream itself.
template <class S, class Fn>
class look_stream {
public:
    using value_type = std::invoke_result_t<Fn&, S&>;
    using executor_type = executor_t<S>;

    look_stream(S& s, Fn fn) : stream_(&s), fn_(std::move(fn)) {}

    stream_base& claimed() const noexcept { return *stream_; }
    executor_type get_executor() const { return executor_of(*stream_); }

    poll<value_type> try_next() {
        auto seen = peek();
        return seen ? poll<value_type>(fn_(*stream_)) : seen.template without_item<value_type>();
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return stream_->async_wait(std::forward<Token>(token));
    }

private:
    /// What the stream throws is the end of it; what the question throws is not.
    auto peek() {
        if (is_over(*stream_))
            return decltype(stream_->try_peek())(end);
        try {
            return stream_->try_peek();
        } catch (...) {
            finish(*stream_);
            throw;
        }
    }

    S* stream_;
    Fn fn_;
};

/// Takes one answer; `R()` stands for none.
template <class R>
struct look_step {
    bool operator()(R&& r) {
        answer.emplace(std::move(r));
        return false;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(std::move(failure), answer ? *std::move(answer) : R());
    }

    std::optional<R> answer;
};

} // namespace streamx::detail
