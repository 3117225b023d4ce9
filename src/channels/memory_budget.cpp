#include <streamx/channels/memory_budget.hpp>

#include <streamx/channels/detail/budget_state.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace streamx::detail {

std::size_t budget_state::used() const {
    std::lock_guard lock(mutex_);
    return used_;
}

std::size_t budget_state::waiting() const {
    std::lock_guard lock(mutex_);
    return waiting_;
}

void budget_state::hand_out() {
    for (;;) {
        budget_account* a = nullptr;
        {
            std::lock_guard lock(mutex_);
            a = first_;
            if (!a)
                return;
            if (has_room_for(a->wanted_)) {
                a->leave_queue();
                a->aside_ += a->wanted_;
                used_ += a->wanted_;
            } else if (a->looks_again()) {
                a->hold();
            } else {
                return;
            }
        }
        a->granted();
        a->let_go();
    }
}

budget_account::~budget_account() {
    {
        std::lock_guard lock(budget_->mutex_);
        budget_->used_ -= aside_;
        budget_->used_ -= total_;
    }
    budget_->hand_out();
}

bool budget_account::set_aside(std::size_t weight) {
    bool was_queued = false;
    {
        std::lock_guard lock(budget_->mutex_);
        if (aside_ < weight) {
            const auto more = weight - aside_;
            if (!is_its_turn() || !budget_->has_room_for(more))
                return false;
            budget_->used_ += more;
            aside_ = weight;
        }
        was_queued = leave_queue();
    }
    if (was_queued)
        let_go();
    return true;
}

bool budget_account::fits(std::size_t weight) const {
    std::lock_guard lock(budget_->mutex_);
    return is_its_turn() && budget_->has_room_for(weight);
}

std::optional<std::size_t> budget_account::short_of(std::size_t weight) const {
    std::lock_guard lock(budget_->mutex_);
    if (!is_its_turn() || !budget_->has_room_beside(of_others(), weight))
        return {};
    const auto with = budget_->used_ - aside_ + weight;
    return with - std::min(with, budget_->limit_);
}

void budget_account::wait_for(std::size_t weight) {
    std::lock_guard lock(budget_->mutex_);
    budget_->used_ -= std::exchange(aside_, 0);
    if (std::exchange(wanted_, weight) != weight || !queued_)
        seen_of_others_ = std::numeric_limits<std::size_t>::max();
    if (std::exchange(queued_, true))
        return;
    hold();
    ++budget_->waiting_;
    next_ = nullptr;
    previous_ = budget_->last_;
    (previous_ ? previous_->next_ : budget_->first_) = this;
    budget_->last_ = this;
}

void budget_account::give_up() {
    bool was_queued = false;
    {
        std::lock_guard lock(budget_->mutex_);
        budget_->used_ -= std::exchange(aside_, 0);
        was_queued = leave_queue();
    }
    if (was_queued)
        let_go();
}

bool budget_account::leave_queue() noexcept {
    if (!std::exchange(queued_, false))
        return false;
    --budget_->waiting_;
    (previous_ ? previous_->next_ : budget_->first_) = next_;
    (next_ ? next_->previous_ : budget_->last_) = previous_;
    return true;
}

bool budget_account::looks_again() noexcept {
    const auto others = of_others();
    if (others >= seen_of_others_ || !budget_->has_room_beside(others, wanted_))
        return false;
    seen_of_others_ = others;
    return true;
}

void budget_account::add(std::size_t weight) {
    weights_.push_back(weight);
    std::lock_guard lock(budget_->mutex_);
    total_ += weight;
    budget_->used_ += weight;
    budget_->used_ -= std::exchange(aside_, 0);
}

void budget_account::remove_last() {
    const auto weight = weights_.back();
    weights_.pop_back();
    std::lock_guard lock(budget_->mutex_);
    total_ -= weight;
    budget_->used_ -= weight;
}

void budget_account::keep_last(std::size_t count) {
    std::size_t gone = 0;
    for (; weights_.size() > count; weights_.pop_front())
        gone += weights_.front();
    if (gone == 0)
        return;
    std::lock_guard lock(budget_->mutex_);
    total_ -= gone;
    budget_->used_ -= gone;
}

} // namespace streamx::detail

namespace streamx {

memory_budget::memory_budget(std::size_t limit)
    : state_(std::make_shared<detail::budget_state>(
          detail::checked_size(limit, "memory_budget: limit must be at least 1"))) {}

std::size_t memory_budget::limit() const noexcept { return state_->limit(); }
std::size_t memory_budget::used() const { return state_->used(); }
std::size_t memory_budget::waiting() const { return state_->waiting(); }

} // namespace streamx
