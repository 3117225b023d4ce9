#pragma once

#include <cstddef>

namespace streamx::nats::detail {

/// Where the client library's messages go. It frees each on a thread of its own, which it wakes for the
/// purpose: two changes of threads a message. Here they gather, and are handed over many at a time:
/// 512, or those of a megabyte.
class graveyard {
public:
    /// Takes a `natsMsg` that holds so many bytes.
    static void bury(void* native, std::size_t bytes) noexcept;

    /// As long as there is one; without, nothing is gathered.
    class attendant {
    public:
        attendant() noexcept;
        attendant(const attendant&) = delete;
        attendant& operator=(const attendant&) = delete;
        ~attendant();
    };
};

} // namespace streamx::nats::detail
