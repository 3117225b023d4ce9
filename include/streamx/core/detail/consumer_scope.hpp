#pragma once

#include <utility>

namespace streamx::detail {

/// A coroutine that consumes, and what it waited in. Both to be compared only.
struct consumer {
    const void* coroutine = nullptr;
    const void* subscriber = nullptr;
};

/// Says which consumer runs: it goes on with what it was woken for, and has begun no other pull since.
/// Only for so long is a coroutine of that address certainly the same one, as its memory is used again
/// when it has ended.
class consumer_scope {
public:
    explicit consumer_scope(consumer who) noexcept : outer_(std::exchange(current_, who)) {}
    consumer_scope(const consumer_scope&) = delete;
    consumer_scope& operator=(const consumer_scope&) = delete;
    ~consumer_scope() { current_ = outer_; }

    /// What is known of that coroutine: nothing, if it is not the one that runs.
    static consumer of(const void* coroutine) noexcept {
        return coroutine && current_.coroutine == coroutine ? current_ : consumer();
    }

    /// A pull begins. Its consumer, whoever that is, may be the one that is waited for.
    static void pulls() noexcept { current_ = {}; }

private:
    consumer outer_;
    inline static constinit thread_local consumer current_ = {};
};

} // namespace streamx::detail
