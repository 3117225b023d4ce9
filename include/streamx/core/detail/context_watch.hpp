#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/gate.hpp>
#include <streamx/core/detail/untracked.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace streamx::detail {

/// Tells the owner of idle workers when their context goes: they must go with it, as a coroutine is
/// unwound on its executor, and so must what the owner has of that.
template <class Owner>
class context_watch {
public:
    void begin(std::weak_ptr<Owner> owner, const asio::any_io_executor& ex) {
        if (!std::exchange(begun_, true))
            gate_.park(watcher(std::move(owner), ex));
    }

private:
    class watcher {
    public:
        using executor_type = untracked<asio::any_io_executor>; // it keeps nothing running
        executor_type get_executor() const noexcept { return executor_type(executor_); }

        watcher(std::weak_ptr<Owner> owner, asio::any_io_executor ex) noexcept
            : owner_(std::move(owner)), executor_(std::move(ex)) {}
        watcher(watcher&&) = default;
        watcher& operator=(watcher&&) = delete;
        ~watcher() {
            if (const auto alive = std::exchange(owner_, {}).lock())
                alive->dismiss();
        }

        void operator()(error_code) noexcept { owner_.reset(); }

    private:
        std::weak_ptr<Owner> owner_;
        asio::any_io_executor executor_;
    };

    bool begun_ = false;
    gate<std::mutex> gate_;
};

} // namespace streamx::detail
