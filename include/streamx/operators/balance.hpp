#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/channels/detail/outlet.hpp>
#include <streamx/channels/detail/pump.hpp>
#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace streamx {

struct balance_options {
    /// Under this `dump_graph` shows it.
    std::string name = {};
};

/// One of the streams that `balance` makes.
template <class T>
using balance_stream = detail::outlet<T>;

/// Shares the work: a `std::vector` of `n` streams, and each item goes to exactly one of them, the
/// one that has waited for it the longest. Who is slow gets fewer. Destroying one loses nothing:
/// what it had not taken goes to another. The streams may be used from different threads, each from
/// one at a time; upstream stays on its own executor, which it must have and which runs one handler
/// at a time. With all of them gone it is let go of. Throws `std::invalid_argument` if `n` is 0.
/// @marble  `-1-2-3-|`  ->  `balance(2)`  ->  `-1---3-|`, `---2---|`
/// @errors  upstream's, to each, after the items that came before it
/// @cancels a wait takes no item, so none is lost
/// @cost    a channel; one item taken from upstream before anybody asks for it; a trip through the
///          executor for each item
/// @others  Balance (Akka)
[[nodiscard]] inline auto balance(std::size_t n, balance_options options) {
    detail::checked_size(n, "balance: number must be at least 1");
    return adaptor([n, options = std::move(options)]<async_stream Up>(Up up) {
        using item = item_t<Up>;
        auto [tx, rx] = make_channel<item>(
            up.get_executor(), channel_options<item>{.capacity = 0, .name = options.name});
        const std::shared_ptr<detail::pump_base> pump =
            std::make_shared<detail::pump<Up, sender<item>>>(std::move(up), std::move(tx));
        std::vector<balance_stream<item>> workers;
        workers.reserve(n);
        for (std::size_t i = 1; i != n; ++i)
            workers.emplace_back(rx, pump);
        workers.emplace_back(std::move(rx), pump);
        return workers;
    });
}
/// The same with the default options. (Not by a default argument: g++ 12 destroys that twice in an
/// expression with a `co_await`.)
[[nodiscard]] inline auto balance(std::size_t n) { return balance(n, balance_options()); }

} // namespace streamx
