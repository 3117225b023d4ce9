#pragma once

#include <streamx/channels/detail/broadcast_subscriber.hpp>
#include <streamx/channels/detail/broadcast_waiter.hpp>
#include <streamx/channels/detail/budget_state.hpp>
#include <streamx/channels/detail/waiter.hpp>
#include <streamx/core/log.hpp>
#include <streamx/time/detail/timer.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::detail {

/// Whether patience with somebody begins to be timed, or which one ends first is to be seen anew.
enum class patience_change : unsigned char { none, start, look_again };

/// What is done once a broadcast's lock is let go: puts are woken, subscribers, and then hooks are told,
/// which may wait anew. Declare it before the lock.
template <class T>
class broadcast_afterwards {
public:
    using hook = std::function<void(T&&)>;
    using subscriber_ptr = boost::intrusive_ptr<subscriber<T>>;
    using put_ptr = boost::intrusive_ptr<put_waiter<T>>;

    explicit broadcast_afterwards(broadcast_core<T>& c) noexcept : core_(c) {}
    broadcast_afterwards(const broadcast_afterwards&) = delete;
    broadcast_afterwards& operator=(const broadcast_afterwards&) = delete;

    /// A subscriber has a hook, and does not get an item.
    void lose(subscriber<T>& s, const T& item) noexcept {
        if (!s.has_hook())
            return;
        try {
            rarely().lost.push_back({subscriber_ptr(&s), item});
        } catch (...) {
            log(log_level::error, "an undelivered item is lost: copying it threw");
        }
    }

    /// The broadcast's own hook gets an item that is discarded.
    void discard(T&& item) {
        auto& lost = rarely().lost;
        lost.reserve(lost.size() + 1); // which may throw, while the item is still its owner's
        lost.push_back({nullptr, std::move(item)});
    }

    budget_release& budget() noexcept { return rarely().budget; }
    /// Who waited until all is taken.
    std::vector<std::weak_ptr<timer>>& drained() noexcept { return rarely().drained; }
    patience_change& patience() noexcept { return rarely().patience; }

    static void tell(const hook& fn, T&& item) noexcept {
        if (!fn)
            return;
        try {
            fn(std::move(item));
        } catch (...) { // nobody is there to tell: who caused it may be a destructor
            log(log_level::error, "on_undelivered threw; its item is lost");
        }
    }

private:
    /// An item on its way to a hook: a subscriber's, or the broadcast's own.
    struct lost_item {
        subscriber_ptr whose;
        T item;
    };

    /// What there is hardly ever to do.
    struct rare {
        explicit rare(broadcast_core<T>& c) noexcept : core(c) {}
        rare(const rare&) = delete;
        rare& operator=(const rare&) = delete;
        ~rare() { settle(*this); }

        broadcast_core<T>& core;
        budget_release budget;
        std::vector<lost_item> lost;
        std::vector<std::weak_ptr<timer>> drained;
        patience_change patience = patience_change::none;
    };

    rare& rarely() noexcept { return rarely_ ? *rarely_ : rarely_.emplace(core_); }

    [[gnu::noinline]] static void settle(rare& what) noexcept {
        for (auto& [whose, item] : what.lost)
            if (whose)
                tell(whose->rare->on_undelivered, std::move(item));
            else
                what.core.undelivered(std::move(item));
        for (const auto& t : what.drained)
            if (const auto alive = t.lock())
                alive->wake();
        if (what.patience == patience_change::start)
            what.core.start_patience();
        else if (what.patience == patience_change::look_again)
            what.core.look_at_patience_again();
    }

    broadcast_core<T>& core_;
    std::optional<rare> rarely_;

public: // what is declared last is done first
    wake_list<subscriber<T>> subscribers;
    wake_list<put_waiter<T>> puts;
};

} // namespace streamx::detail
