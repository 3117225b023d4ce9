#pragma once

#include <streamx/core/detail/budget.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace streamx::detail {

/// One call of a consumer, who takes what is there.
template <class T>
struct in_flight_pull {
    template <class Take>
    explicit in_flight_pull(Take& take)
        : give([](void* to, T&& item) { return (*static_cast<Take*>(to))(std::move(item)); }),
          taker(std::addressof(take)) {}

    bool goes_on() const noexcept { return left != 0 && !asked && !thrown; }

    bool (*give)(void*, T&&);
    void* taker;
    unsigned left = budget;
    bool asked = false;                  // the taker wants no more
    std::exception_ptr thrown = nullptr; // by the taker
};

/// The pull that is going on, for the workers that go on inside it, on its thread.
template <class T>
class in_flight_pulls {
    using pull = in_flight_pull<T>;

public:
    class scope {
    public:
        scope(in_flight_pulls& self, pull& p) noexcept
            : self_(self), outer_(std::exchange(on_this_thread_, &self)),
              outer_pull_(std::exchange(self.pull_, &p)) {}
        scope(const scope&) = delete;
        scope& operator=(const scope&) = delete;
        ~scope() {
            on_this_thread_ = outer_;
            self_.pull_ = outer_pull_;
        }

    private:
        in_flight_pulls& self_;
        in_flight_pulls* outer_;
        pull* outer_pull_;
    };

    /// The pull that this is called inside of, if it is.
    pull* current() const noexcept { return on_this_thread_ == this ? pull_ : nullptr; }

private:
    static inline constinit thread_local in_flight_pulls* on_this_thread_ = nullptr;
    pull* pull_ = nullptr;
};

} // namespace streamx::detail
