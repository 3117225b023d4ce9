#pragma once

#include "event.hpp"
#include "fragments.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

namespace streamx::rsocket {

/// What the protocol knows of one stream.
struct stream_state {
    frame_type type;
    bool mine; // we are the requester
    bool receives, sends;
    std::uint64_t may_send = 0;    // credit the peer has given
    std::uint64_t may_receive = 0; // credit we have given
    std::shared_ptr<attachment> user = nullptr;
    std::optional<fragmented> sending = std::nullopt;
    bool complete_after = false;                      // the fragments
    std::optional<payload> receiving = std::nullopt;  // fragments so far: `stream_table::keep_part`
    std::optional<frame_type> request = std::nullopt; // that they are of
    std::uint32_t request_n = 0;
    bool request_complete = false;
};

/// The streams of a session by their id. Most often the last one is asked for again.
class stream_table {
    using map = std::unordered_map<std::uint32_t, stream_state>;

public:
    using entry = map::value_type;

    /// Null if there is none. It stays where it is until it is erased.
    entry* find(std::uint32_t id) noexcept {
        if (found_ && found_->first == id)
            return found_;
        return look_for(id);
    }
    bool contains(std::uint32_t id) const noexcept { return streams_.contains(id); }
    entry& add(std::uint32_t id, stream_state s) {
        return *streams_.emplace(id, std::move(s)).first;
    }
    void erase(std::uint32_t id) {
        found_ = nullptr;
        const auto at = streams_.find(id);
        if (at == streams_.end())
            return;
        take_part(at->second);
        streams_.erase(at);
    }
    void clear() noexcept {
        found_ = nullptr;
        streams_.clear();
        unfinished_ = 0;
    }

    /// Takes out what has come of a message in fragments; it is empty if nothing has.
    payload take_part(stream_state& s) noexcept {
        if (!s.receiving)
            return {};
        unfinished_ -= size_of(*s.receiving);
        return *std::exchange(s.receiving, std::nullopt);
    }
    /// Keeps it until the next fragment comes; false if what all streams keep gets larger than `limit`.
    /// Precondition: it was taken out.
    bool keep_part(stream_state& s, payload part, std::size_t limit) {
        const auto size = size_of(part);
        if (size > limit - std::min(unfinished_, limit))
            return false;
        unfinished_ += size;
        s.receiving = std::move(part);
        return true;
    }
    /// Bytes that all streams keep so.
    std::size_t unfinished() const noexcept { return unfinished_; }

    std::size_t size() const noexcept { return streams_.size(); }
    bool empty() const noexcept { return streams_.empty(); }
    auto begin() noexcept { return streams_.begin(); }
    auto end() noexcept { return streams_.end(); }

    /// "Stream Identifiers": odd from a client, even from a server, in order, from the beginning again
    /// behind the last, leaving out those in use. 0 if there is none left.
    std::uint32_t next_id(std::uint32_t last, std::uint32_t first) const noexcept {
        for (std::size_t tries = 0; tries <= streams_.size(); ++tries) {
            last = last == 0 || last > max_31 - 2 ? first : last + 2;
            if (!contains(last))
                return last;
        }
        return 0;
    }

private:
    [[gnu::noinline]] entry* look_for(std::uint32_t id) noexcept {
        const auto at = streams_.find(id);
        return found_ = at == streams_.end() ? nullptr : &*at;
    }

    map streams_;
    std::size_t unfinished_ = 0;
    entry* found_ = nullptr; // by the last `find`
};

} // namespace streamx::rsocket
