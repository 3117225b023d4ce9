#pragma once

#include "link.hpp"

#include <streamx/bridges/nats/detail/pull.hpp>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace streamx::nats::detail {

class pulled_message;

/// How the messages of a consumer are answered: what a source and its deliveries share, which may
/// outlive it. Thread-safe.
class answering : public std::enable_shared_from_this<answering> {
public:
    answering(const link_ptr& l, const source_options& o);

    /// Tells the server of what is held, if that was asked for.
    void start();

    const asio::any_io_executor& executor() const noexcept { return link_->executor(); }
    /// An ordered consumer's messages are not answered.
    bool is_ordered() const noexcept { return is_ordered_; }

    /// If it is lost the message comes again.
    void say(std::string_view reply, std::string_view how) noexcept;
    void ask(std::string_view reply, std::string_view how, link::request_handler then);
    /// Refuses a message, a little later: what refuses it may be about to stop the source.
    void refuse(std::string_view reply, std::string how);
    void send_refusals();
    /// The source is gone, with what waited in it. `path`: of its consumer, if that was made.
    void retire(const std::deque<message>& unwanted, const std::string& path);

    void confirmed(std::uint64_t sequence);
    bool is_confirmed(std::uint64_t sequence);

    void hold(pulled_message* m);
    void release(pulled_message* m);

private:
    void tell_in_progress();
    void silence_progress() noexcept;

    link_ptr link_; // the user's: it keeps the connection open
    const bool is_ordered_;
    const std::chrono::nanoseconds ack_wait_;
    const std::size_t deduplicate_;
    std::atomic<bool> is_retired_ = false;
    std::shared_ptr<alarm> progress_; // if it is asked for

    struct refusal {
        std::string reply, how;
    };
    std::vector<refusal> refusals_; // that have not been sent; under the link's lock
    bool refusals_posted_ = false;
    bool refusals_wait_ = false; // until the server has forgotten what was asked for

    std::mutex mutex_; // of what follows
    std::set<pulled_message*> held_;
    std::unordered_set<std::uint64_t> confirmed_;
    std::deque<std::uint64_t> confirmed_order_;
};

} // namespace streamx::nats::detail
