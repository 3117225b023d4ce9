#pragma once

#include <streamx/channels/channel.hpp>
#include <streamx/channels/detail/retry_op.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::detail {

/// Which of `n` a key belongs to: an integer by its remainder, of which none is negative, anything else
/// by that of its hash.
template <class Key>
std::size_t part_of(const Key& key, std::size_t n) {
    if constexpr (std::signed_integral<Key>)
        return key < 0 ? n - 1 - static_cast<std::size_t>(-(std::intmax_t(key) + 1)) % n
                       : static_cast<std::size_t>(key) % n;
    else if constexpr (std::integral<Key>)
        return static_cast<std::size_t>(key) % n;
    else
        return std::hash<Key>()(key) % n;
}

/// A sink that puts each item into the one of several channels that its key belongs to. After
/// `try_send` was false it is asked again with the same item.
template <class T, class KeyFn, class Hook>
class partition_sink {
public:
    using executor_type = asio::any_io_executor;

    partition_sink(std::vector<sender<T>> parts, KeyFn key, Hook hook, bool fails)
        : parts_(std::move(parts)), key_(std::move(key)), hook_(std::move(hook)), fails_(fails) {}

    executor_type get_executor() const noexcept { return parts_.front().get_executor(); }

    bool try_send(T& item) {
        const bool is_new = !at_;
        if (is_new)
            at_ = part_of(std::invoke(key_, std::as_const(item)), parts_.size());
        auto& part = parts_[*at_];
        if (!part.try_send(item)) {
            if (part.is_open())
                return false;
            if (is_new || !fails_) // who asks again keeps the item, and gives it to `undelivered`
                hook_(std::move(item));
            if (fails_)
                throw boost::system::system_error(errc::closed, "partition");
        }
        at_.reset();
        return true;
    }

    template <class Op>
    void async_wait(Op op) {
        parts_[*at_].async_wait(retry_op<Op>{{std::move(op)}});
    }

    void close(const std::exception_ptr& failure) {
        for (auto& part : parts_)
            part.close(failure);
    }

    void undelivered(T&& item) { hook_(std::move(item)); }

private:
    std::vector<sender<T>> parts_;
    [[no_unique_address]] KeyFn key_;
    [[no_unique_address]] Hook hook_;
    std::optional<std::size_t> at_; // where the item goes that found no room
    bool fails_;
};

} // namespace streamx::detail
