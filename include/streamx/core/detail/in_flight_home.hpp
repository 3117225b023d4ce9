#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/spare_room.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <type_traits>
#include <utility>

namespace streamx::detail {

/// Where what an `in_flight` starts runs: where its consumer has waited last. A `Worker` gets an
/// executor of its own there, of the type that the consumer's has, as calls through an
/// `any_io_executor` cost more.
template <class Worker>
class in_flight_home {
public:
    template <class Executor>
    void move_to(const Executor& ex) {
        asio::any_io_executor here(ex);
        if (here_ == here)
            return;
        here_ = std::move(here);
        for_worker_ = [](const asio::any_io_executor& chosen, spare_room* room) {
            if constexpr (std::is_same_v<Executor, asio::any_io_executor>) {
                using of_context = asio::io_context::executor_type;
                if (const auto* inside = chosen.template target<of_context>())
                    return Worker::executor(*inside, room);
                return Worker::executor(chosen, room);
            } else
                return Worker::executor(*chosen.template target<Executor>(), room);
        };
    }

    /// It is gone.
    void forget() noexcept { here_ = nullptr; }

    /// Nobody has waited yet, and so it is not known.
    bool unknown() const noexcept { return !here_; }
    const asio::any_io_executor& executor() const noexcept { return here_; }
    asio::any_io_executor for_worker(spare_room* room) const { return for_worker_(here_, room); }

private:
    asio::any_io_executor here_;
    asio::any_io_executor (*for_worker_)(const asio::any_io_executor& here, spare_room*) = nullptr;
};

} // namespace streamx::detail
