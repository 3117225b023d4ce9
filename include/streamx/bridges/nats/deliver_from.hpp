#pragma once

#include <chrono>
#include <cstdint>

namespace streamx::nats {

/// Where in a stream a new consumer begins.
class deliver_from {
public:
    enum class policy { all, new_only, last, last_per_subject, sequence, time };
    using time_point = std::chrono::system_clock::time_point;

    /// Everything that the stream has.
    static deliver_from all() noexcept { return deliver_from(policy::all); }
    /// What is published from now on.
    static deliver_from new_only() noexcept { return deliver_from(policy::new_only); }
    /// The last message and what comes after.
    static deliver_from last() noexcept { return deliver_from(policy::last); }
    /// The last message of each subject and what comes after.
    static deliver_from last_per_subject() noexcept {
        return deliver_from(policy::last_per_subject);
    }
    /// The message with this number in the stream, the first being 1, and what comes after.
    static deliver_from sequence(std::uint64_t first) noexcept {
        return deliver_from(policy::sequence, first);
    }
    /// What was stored at this time or later.
    static deliver_from time(time_point since) noexcept {
        return deliver_from(policy::time, 1, since);
    }

    policy kind() const noexcept { return kind_; }
    std::uint64_t first() const noexcept { return first_; }
    time_point since() const noexcept { return since_; }

private:
    explicit deliver_from(policy kind, std::uint64_t first = 1, time_point since = {}) noexcept
        : kind_(kind), first_(first), since_(since) {}

    policy kind_;
    std::uint64_t first_;
    time_point since_;
};

} // namespace streamx::nats
