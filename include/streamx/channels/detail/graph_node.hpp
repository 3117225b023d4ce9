#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/time/detail/clock.hpp>

#include <boost/asio/execution_context.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace streamx::detail {

/// What somebody at one end of a channel or a broadcast does.
enum class graph_state : unsigned char { running, waits_for_item, waits_for_room, over };

/// Those at one end, as they are now.
struct graph_end {
    std::string who;
    graph_state state = graph_state::running;
    clock::time_point since;
    std::string behind = {}; ///< for whom it waits, if for room
    std::string more = {};   ///< what else there is to say
};

/// A channel or a broadcast, as it is now.
struct graph_part {
    std::string name;
    std::string holds; ///< how much is in it
    std::vector<graph_end> from = {};
    std::vector<graph_end> to = {};
};

/// What has a name in a context shows there, from its making to its end. It tells what it is like
/// under its own lock.
class graph_node {
public:
    explicit graph_node(asio::execution_context& context);
    graph_node(const graph_node&) = delete;
    graph_node& operator=(const graph_node&) = delete;
    virtual ~graph_node() = default;

    clock::time_point now() const noexcept { return clock_->now(); }

    /// Has it found by `dump_graph` as long as it lives.
    static void show(asio::execution_context& context, std::weak_ptr<graph_node> node);

    /// Nothing, when it is over.
    std::vector<graph_part> look() {
        std::lock_guard lock(mutex_);
        return over_ ? std::vector<graph_part>() : std::vector{describe()};
    }

    /// What this describes is about to be destroyed.
    void finish() noexcept {
        std::lock_guard lock(mutex_);
        over_ = true;
    }

private:
    virtual graph_part describe() = 0;

    std::mutex mutex_;
    bool over_ = false;
    const std::shared_ptr<clock> clock_;
};

} // namespace streamx::detail
