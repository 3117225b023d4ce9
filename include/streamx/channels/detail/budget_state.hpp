#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace streamx::detail {

class budget_account;

/// What those who share a budget have in common: how much is used, and who waits for some of it,
/// first come first served.
class budget_state {
public:
    explicit budget_state(std::size_t limit) noexcept : limit_(limit) {}

    std::size_t limit() const noexcept { return limit_; }
    std::size_t used() const;
    std::size_t waiting() const;

    /// Gives what is free to those who wait, and tells them. Call it without any lock.
    void hand_out();

private:
    friend class budget_account;

    bool has_room_for(std::size_t weight) const noexcept { return has_room_beside(used_, weight); }
    bool has_room_beside(std::size_t used, std::size_t weight) const noexcept {
        return used <= limit_ && weight <= limit_ - used;
    }

    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::size_t used_ = 0;
    std::size_t waiting_ = 0;
    budget_account* first_ = nullptr;
    budget_account* last_ = nullptr;
};

/// The part of one channel in a budget: the weights of the items that are in it, in order, and its
/// place among those who wait. Guarded by the channel's lock, under which its functions are called,
/// but for what the budget's own lock guards. What it sets free others get by `hand_out`.
class budget_account {
public:
    explicit budget_account(std::shared_ptr<budget_state> in) noexcept : budget_(std::move(in)) {}
    budget_account(const budget_account&) = delete;
    budget_account& operator=(const budget_account&) = delete;
    virtual ~budget_account();

    budget_state& budget() const noexcept { return *budget_; }

    /// Sets so much aside for one item, unless that is too much now or others wait for it. What was
    /// set aside before is used for it or given back.
    bool set_aside(std::size_t weight);
    /// Whether that would succeed.
    bool fits(std::size_t weight) const;
    /// How much of its own would have to go first for it to succeed, if that would do.
    std::optional<std::size_t> short_of(std::size_t weight) const;
    /// Has it set aside when it is this one's turn, and is told by `granted`.
    void wait_for(std::size_t weight);
    /// Nobody waits any more: what is set aside is free.
    void give_up();

    /// An item of this weight comes in, with what was set aside; beyond the limit if it was less.
    void add(std::size_t weight);
    /// The item that came last has not come after all.
    void remove_last();
    std::size_t count() const noexcept { return weights_.size(); }
    std::size_t weight_at(std::size_t i) const noexcept { return weights_[i]; }
    /// There are `count` items now: those that came first have gone.
    void keep_last(std::size_t count);

private:
    friend class budget_state;

    /// Keeps the channel alive as long as this is in the queue.
    virtual void hold() noexcept = 0;
    virtual void let_go() noexcept = 0;
    /// So much as was waited for is set aside; or would be if enough of its own items went, which is
    /// for it to see.
    virtual void granted() = 0;

    bool is_its_turn() const noexcept { return !budget_->first_ || budget_->first_ == this; }
    std::size_t of_others() const noexcept { return budget_->used_ - total_ - aside_; }
    /// It is the first who waits, there is no room, and there would be without its own items: it is
    /// told, once for each time that others use less.
    bool looks_again() noexcept;
    /// Whether it was in the queue, and is to be let go of without the budget's lock.
    bool leave_queue() noexcept;

    const std::shared_ptr<budget_state> budget_;
    std::deque<std::size_t> weights_;
    // From here on under the budget's lock.
    std::size_t total_ = 0; // of these weights
    std::size_t aside_ = 0;
    std::size_t wanted_ = 0;
    std::size_t seen_of_others_ = 0; // when it was told last, while it waits
    budget_account* next_ = nullptr;
    budget_account* previous_ = nullptr;
    bool queued_ = false;
};

/// Hands out what was set free once a channel's lock is let go: declare it before that.
class budget_release {
public:
    budget_release() = default;
    budget_release(const budget_release&) = delete;
    budget_release& operator=(const budget_release&) = delete;
    ~budget_release() {
        if (budget_)
            budget_->hand_out();
    }

    void of(const budget_account& a) noexcept { budget_ = &a.budget(); }

private:
    budget_state* budget_ = nullptr;
};

} // namespace streamx::detail
