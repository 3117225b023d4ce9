#pragma once

#include "act3_machine.hpp"

#include <streamx/channels/broadcast.hpp>
#include <streamx/io/sse.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace demo {

/// One tick: made once, for however many look at it.
struct tick {
    std::string json;             ///< for lines and messages
    streamx::io::sse_frame event; ///< for event streams

    std::string_view id() const noexcept { return event.id(); }
};

/// The samples, and those who get them. Everything on one thread.
class feed {
public:
    /// The most ticks that one of them may be behind before the producer waits for it.
    static constexpr std::size_t room = 20;

    explicit feed(const boost::asio::any_io_executor& ex);

    /// Ten ticks a second, for as long as it is not cancelled.
    boost::asio::awaitable<void> produce();
    /// A subscriber in this program, which anybody can make slow.
    boost::asio::awaitable<void> archive();
    /// Makes the archive slow, or quick again.
    void slow(bool on) { slow_ = on; }
    bool slow() const noexcept { return slow_; }

    /// Somebody who is there for as long as this lives.
    class member {
    public:
        /// `last_id`: of the tick that it has seen last, to go on behind it.
        member(feed& f, std::string kind, std::size_t replay = 0, std::string last_id = {});
        member(const member&) = delete;
        member& operator=(const member&) = delete;
        ~member();

        auto& ticks() noexcept { return ticks_; }
        const std::string& kind() const noexcept { return kind_; }
        std::uint64_t lag() const { return ticks_.base().lag(); }

    private:
        std::shared_ptr<std::list<member*>> members_;
        std::string kind_;
        streamx::io::resumed_stream<streamx::subscription<tick>> ticks_;
        std::list<member*>::iterator place_;
    };

    const std::list<member*>& members() const noexcept { return *members_; }
    std::uint64_t ticks() const noexcept { return ticks_; }
    /// How long the producer has waited for the slowest, in all and of late.
    std::chrono::milliseconds waited() const noexcept { return waited_; }
    std::chrono::milliseconds waiting() const noexcept;

private:
    tick make_tick(const machine_sample& s) const;

    boost::asio::any_io_executor executor_;
    streamx::broadcast<tick> ticks_out_;
    // Shared: a coroutine that is destroyed with the context may be a member for longer than this lives.
    std::shared_ptr<std::list<member*>> members_ = std::make_shared<std::list<member*>>();
    bool slow_ = false;
    std::uint64_t ticks_ = 0;
    std::chrono::milliseconds waited_{0};
    std::chrono::steady_clock::time_point waits_since_; // the clock's beginning: it does not wait
    std::chrono::milliseconds last_wait_{0};
};

} // namespace demo
