#pragma once

#include <utility>

namespace streamx::detail {

class turn;

/// What every stream of this library remembers beside its own state: whether it is over, and the
/// one operation that is outstanding on it. Neither moves with the stream.
class stream_base {
public:
    stream_base() = default;
    stream_base(const stream_base&) noexcept {}
    stream_base(stream_base&&) noexcept {}
    stream_base& operator=(const stream_base&) noexcept { return *this; }
    stream_base& operator=(stream_base&&) noexcept {
        over_ = false;
        return *this;
    }

protected:
    inline ~stream_base();

private:
    friend class turn;
    friend struct stream_access;

    turn* turn_ = nullptr;
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

    /// Ends the stream and releases what it holds.
    template <class S>
    static void finish(S& s) noexcept {
        static_cast<stream_base&>(s).over_ = true;
        s.release();
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
