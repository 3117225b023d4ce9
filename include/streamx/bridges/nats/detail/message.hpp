#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx::nats::detail {

/// A message as the client library has received it, owned.
class message {
public:
    message() = default;
    explicit message(void* native) noexcept : native_(native) {}

    explicit operator bool() const noexcept { return native_ != nullptr; }

    std::string_view subject() const noexcept;
    /// Where an answer is to go; empty if nobody waits for one.
    std::string_view reply() const noexcept;
    std::string_view payload() const noexcept;
    /// The first value of a header; empty if there is none.
    std::string header(const std::string& name) const;
    std::vector<std::pair<std::string, std::string>> headers() const;

private:
    struct deleter {
        void operator()(void* native) const noexcept;
    };
    std::unique_ptr<void, deleter> native_;
};

} // namespace streamx::nats::detail
