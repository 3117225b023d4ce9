#pragma once

#include <mutex>
#include <unordered_map>
#include <utility>
#include <variant>

namespace streamx::detail {

/// Whose turn it is of those that have the same key. Called from any thread.
template <class Slot, class Key>
class key_turns {
public:
    /// Whether the slot is the only one of its key. If not its turn comes when the others have left.
    bool enter(Slot& s) {
        std::lock_guard lock(mutex_);
        s.behind = nullptr;
        auto [last, fresh] = last_.try_emplace(s.key, &s);
        if (!fresh)
            std::exchange(last->second, &s)->behind = &s;
        return fresh;
    }

    /// The slot whose turn it is when this one leaves, if there is one.
    Slot* leave(Slot& s) {
        std::lock_guard lock(mutex_);
        if (!s.behind)
            last_.erase(s.key);
        return s.behind;
    }

private:
    std::mutex mutex_;
    std::unordered_map<Key, Slot*> last_;
};
template <class Slot>
class key_turns<Slot, std::monostate> {};

} // namespace streamx::detail
