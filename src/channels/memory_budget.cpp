#include <streamx/channels/memory_budget.hpp>

#include <streamx/channels/detail/budget_state.hpp>

#include <algorithm>
#include <mutex>
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
            if (!first_ || used_ > limit_ || first_->wanted_ > limit_ - used_)
                return;
            a = first_;
            a->leave_queue();
            a->aside_ += a->wanted_;
            used_ += a->wanted_;
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
    std::lock_guard lock(budget_->mutex_);
    if (aside_ < weight) {
        const auto more = weight - aside_;
        if (budget_->first_ || budget_->used_ > budget_->limit_ ||
            more > budget_->limit_ - budget_->used_)
            return false;
        budget_->used_ += more;
        aside_ = weight;
    }
    return true;
}

bool budget_account::fits(std::size_t weight) const {
    std::lock_guard lock(budget_->mutex_);
    return !budget_->first_ && budget_->used_ <= budget_->limit_ &&
           weight <= budget_->limit_ - budget_->used_;
}

bool budget_account::would_fit_alone(std::size_t weight) const {
    std::lock_guard lock(budget_->mutex_);
    const auto others = budget_->used_ - total_ - aside_;
    return !budget_->first_ && others <= budget_->limit_ && weight <= budget_->limit_ - others;
}

void budget_account::wait_for(std::size_t weight) {
    std::lock_guard lock(budget_->mutex_);
    budget_->used_ -= std::exchange(aside_, 0);
    wanted_ = weight;
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
        was_queued = queued_;
        if (was_queued)
            leave_queue();
    }
    if (was_queued)
        let_go();
}

void budget_account::leave_queue() noexcept {
    queued_ = false;
    --budget_->waiting_;
    (previous_ ? previous_->next_ : budget_->first_) = next_;
    (next_ ? next_->previous_ : budget_->last_) = previous_;
}

void budget_account::add(std::size_t weight) {
    weights_.push_back(weight);
    total_ += weight;
    std::lock_guard lock(budget_->mutex_);
    budget_->used_ += weight;
    budget_->used_ -= std::exchange(aside_, 0);
}

void budget_account::remove_last() {
    const auto weight = weights_.back();
    weights_.pop_back();
    total_ -= weight;
    std::lock_guard lock(budget_->mutex_);
    budget_->used_ -= weight;
}

void budget_account::keep_last(std::size_t count) {
    std::size_t gone = 0;
    for (; weights_.size() > count; weights_.pop_front())
        gone += weights_.front();
    if (gone == 0)
        return;
    total_ -= gone;
    std::lock_guard lock(budget_->mutex_);
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
