#pragma once

#include <streamx/channels/detail/budget_state.hpp>
#include <streamx/channels/detail/waiter.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace streamx::detail {

/// What the items in a channel weigh.
template <class T, class Lock>
class channel_account final : public budget_account {
public:
    using weigher = std::function<std::size_t(const T&)>;

    channel_account(std::shared_ptr<budget_state> in, channel_core<T, Lock>& core, weigher w)
        : budget_account(std::move(in)), weigh(std::move(w)), core_(core) {}

    const weigher weigh;
    std::size_t refused = 0; ///< the last item that found no room

private:
    void hold() noexcept override { intrusive_ptr_add_ref(&core_); }
    void let_go() noexcept override { intrusive_ptr_release(&core_); }
    void granted() override { core_.make_room(); }

    channel_core<T, Lock>& core_;
};

} // namespace streamx::detail
