#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/channels/detail/job_stream.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/sending.hpp>
#include <streamx/core/detail/steps.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace streamx::detail {

/// A stream that is pulled by a loop of its own, on an executor of its own, into a channel.
template <async_stream Up>
class [[nodiscard]] pumped_stream : public job_stream<pumped_stream<Up>, item_t<Up>, Up> {
    using base = job_stream<pumped_stream, item_t<Up>, Up>;
    using pump = std::shared_ptr<job<item_t<Up>, Up>>;
    friend base;

    /// What the loop completes with. Its failures that are not upstream's, such as that of a full
    /// channel, are the stream's too.
    struct pump_end {
        using executor_type = asio::any_io_executor;
        using cancellation_slot_type = asio::cancellation_slot;
        executor_type get_executor() const noexcept { return home; }
        cancellation_slot_type get_cancellation_slot() const noexcept { return p->cancel.slot(); }

        void operator()(std::exception_ptr failure) const {
            if (failure)
                p->out.close(std::move(failure));
        }

        pump p;
        asio::any_io_executor home;
    };

public:
    /// Upstream is pulled on `home`, and this stream on `to`.
    pumped_stream(
        const asio::any_io_executor& home,
        const asio::any_io_executor& to,
        Up up,
        channel_options<item_t<Up>> options)
        : base(home, make_channel<item_t<Up>>(home, to, std::move(options)), std::move(up)) {}

private:
    static void start(pump p) {
        auto home = p->out.get_executor();
        sending_stream<Up, sender<item_t<Up>>> all(std::move(p->fn), sender<item_t<Up>>(p->out));
        async_drive<void(std::exception_ptr)>(
            std::move(all), ignore_step(), pump_end{std::move(p), std::move(home)});
    }
};

} // namespace streamx::detail
