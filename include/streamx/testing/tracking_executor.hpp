#pragma once

#include <streamx/core/asio.hpp>

#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::testing {

namespace detail {

struct executor_watch {
    std::atomic<std::size_t> executed = 0;
    inline static thread_local const executor_watch* running = nullptr;
};

} // namespace detail

/// An executor that knows what runs on it: any other, watched. Copies, and what is made of it by
/// `require` and `prefer`, are watched together.
template <class Inner>
class tracking_executor {
public:
    explicit tracking_executor(Inner inner)
        : inner_(std::move(inner)), watch_(std::make_shared<detail::executor_watch>()) {}

    /// How many functions were submitted.
    std::size_t executed() const noexcept { return watch_->executed; }
    /// Whether the caller is running on it.
    bool running_here() const noexcept { return detail::executor_watch::running == watch_.get(); }

    template <class Property>
        requires asio::can_query<const Inner&, const Property&>::value
    decltype(auto) query(const Property& p) const {
        return asio::query(inner_, p);
    }
    template <class Property>
        requires asio::can_require<const Inner&, const Property&>::value
    auto require(const Property& p) const {
        return watched(asio::require(inner_, p));
    }
    template <class Property>
        requires asio::can_prefer<const Inner&, const Property&>::value
    auto prefer(const Property& p) const {
        return watched(asio::prefer(inner_, p));
    }

    template <class F>
    void execute(F f) const {
        ++watch_->executed;
        inner_.execute([f = std::move(f), watch = watch_]() mutable {
            struct inside {
                explicit inside(const detail::executor_watch* w)
                    : outer(std::exchange(detail::executor_watch::running, w)) {}
                ~inside() { detail::executor_watch::running = outer; }
                const detail::executor_watch* outer;
            } here(watch.get());
            std::move(f)();
        });
    }

    friend bool operator==(const tracking_executor& a, const tracking_executor& b) noexcept {
        return a.inner_ == b.inner_ && a.watch_ == b.watch_;
    }

private:
    template <class>
    friend class tracking_executor;

    tracking_executor(Inner inner, std::shared_ptr<detail::executor_watch> watch)
        : inner_(std::move(inner)), watch_(std::move(watch)) {}

    template <class Other>
    tracking_executor<Other> watched(Other other) const {
        return tracking_executor<Other>(std::move(other), watch_);
    }

    Inner inner_;
    std::shared_ptr<detail::executor_watch> watch_;
};

} // namespace streamx::testing
