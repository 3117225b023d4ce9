#pragma once

#include <streamx/core/async_stream.hpp>

#include <memory>
#include <new>
#include <utility>

namespace streamx::detail {

class turn;

/// An executor of any type, kept beyond the life of the stream that had it.
struct kept_executor {
    virtual ~kept_executor() = default;
};
template <class Executor>
struct kept_executor_of final : kept_executor {
    explicit kept_executor_of(Executor ex) : executor(std::move(ex)) {}
    Executor executor;
};

/// What every stream of this library remembers beside its own state: whether it is over, the
/// executor that it had then, and the one operation that is outstanding on it. Only that it is over
/// moves and is copied with the stream.
class stream_base {
public:
    stream_base() = default;
    stream_base(const stream_base& other) noexcept : over_(other.over_) {}
    stream_base& operator=(const stream_base& other) noexcept {
        over_ = other.over_;
        return *this;
    }

protected:
    inline ~stream_base();

private:
    friend class turn;
    friend struct stream_access;

    turn* turn_ = nullptr;
    std::unique_ptr<kept_executor> executor_;
    bool over_ = false;
    unsigned short run_ = 0;
};

/// The right to pull from a stream, held by the one operation that is outstanding on it. Empty when
/// another operation has it. Outlives the stream safely.
class turn {
public:
    explicit turn(stream_base& s) noexcept : stream_(s.turn_ ? nullptr : &s) {
        if (stream_)
            stream_->turn_ = this;
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
        if (stream_)
            stream_->turn_ = nullptr;
    }

    explicit operator bool() const noexcept { return stream_ != nullptr; }

    /// Whether the stream was destroyed meanwhile.
    bool orphaned() const noexcept { return orphaned_; }

private:
    friend class stream_base;
    stream_base* stream_;
    bool orphaned_ = false;
};

stream_base::~stream_base() {
    if (turn_) {
        turn_->stream_ = nullptr;
        turn_->orphaned_ = true;
    }
}

/// How the drivers read and write what a stream remembers.
struct stream_access {
    static bool is_over(const stream_base& s) noexcept { return s.over_; }
    static bool is_busy(const stream_base& s) noexcept { return s.turn_ != nullptr; }

    /// There is something again.
    static void go_on(stream_base& s) noexcept { s.over_ = false; }

    /// Ends the stream and releases what it holds, but for its executor.
    template <class S>
    static void finish(S& s) noexcept {
        stream_base& base = s;
        base.over_ = true;
        try {
            if (!base.executor_)
                base.executor_ =
                    std::make_unique<kept_executor_of<executor_t<S>>>(s.get_executor());
            s.release();
        } catch (
            const std::bad_alloc&) { // then it holds on to the rest as well, until it is destroyed
        }
    }

    template <class S>
    static executor_t<S> executor(const S& s) {
        if (const auto& kept = static_cast<const stream_base&>(s).executor_)
            return static_cast<const kept_executor_of<executor_t<S>>&>(*kept).executor;
        return s.get_executor();
    }

    /// Counts items taken in a row without suspending; true each time the limit is reached.
    static bool spent(stream_base& s, unsigned limit) noexcept {
        if (++s.run_ < limit)
            return false;
        s.run_ = 0;
        return true;
    }
};

} // namespace streamx::detail
