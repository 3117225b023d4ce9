#pragma once

#include <chrono>
#include <cstdint>

namespace streamx::rsocket {

/// "Lease": the requests that one side may still make of the other, and until when.
class request_lease {
public:
    using time_point = std::chrono::steady_clock::time_point;

    void give(std::uint32_t requests, time_point until) noexcept {
        requests_ = requests;
        until_ = until;
    }
    void take_back() noexcept { requests_ = 0; }

    bool allows(time_point now) const noexcept { return requests_ != 0 && now < until_; }
    /// Precondition: it allows one.
    void use() noexcept { --requests_; }

private:
    std::uint32_t requests_ = 0;
    time_point until_{};
};

} // namespace streamx::rsocket
