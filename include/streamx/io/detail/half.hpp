#pragma once

#include <memory>
#include <utility>

namespace streamx::io::detail {

/// Owns the state of a stream or a sink and says `detach()` to it in the end: operations that are under
/// way keep it alive for longer.
template <class State>
class half {
public:
    explicit half(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    half(half&&) noexcept = default;
    half& operator=(half&& other) noexcept {
        half old(std::move(*this));
        state_ = std::move(other.state_);
        return *this;
    }
    ~half() {
        if (state_)
            state_->detach();
    }

    State* get() const noexcept { return state_.get(); }
    State* operator->() const noexcept { return state_.get(); }
    State& operator*() const noexcept { return *state_; }

private:
    std::shared_ptr<State> state_;
};

} // namespace streamx::io::detail
