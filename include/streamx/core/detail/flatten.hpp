#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/changing_set.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/state_stream.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace streamx::detail {

/// What becomes of the streams that there are when upstream gives another.
enum class newcomer { waits_for_room, replaces };

/// The stream that a function makes of each item.
template <class Fn, class T>
struct stream_made_by {
    using type = std::remove_cvref_t<std::invoke_result_t<Fn&, T>>;
    static_assert(
        async_stream<type>,
        "the function must return a stream; one that returns a container is for `flat_map(f)`");
};

/// The items of the streams that a function makes of upstream's items, as they come.
template <async_stream Up, class Fn>
class flattening final : public changing_set<typename stream_made_by<Fn, item_t<Up>>::type> {
    using inner = typename stream_made_by<Fn, item_t<Up>>::type;
    using set = changing_set<inner>;

public:
    using value_type = item_t<inner>;
    using executor_type = executor_t<Up>;

    flattening(Up up, Fn fn, std::size_t n, newcomer rule)
        : up_(std::move(up)), fn_(std::move(fn)), most_(n), rule_(rule) {}

    poll<value_type> try_next() {
        stalled_ = false;
        for (unsigned left = budget; left != 0; --left) {
            const bool took = takes(); // one, so that what is ready already is given first
            const auto before = set::size();
            auto item = set::try_next();
            if (item)
                return item;
            if (!took && (set::size() == before || !may_take())) {
                if (set::size() == 0 && !up_)
                    return end;
                stalled_ = true;
                break;
            }
        }
        return pending;
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<flattening>& self, const Executor& fallback, Handler handler) {
        auto ex = executor_for(handler, fallback);
        if constexpr (!std::is_same_v<decltype(ex), no_executor>) {
            if (std::exchange(self->wants_upstream_, false) && self->up_)
                input_waits<1>::begin(self, 0, *self->up_, ex);
            set::begin_waits(self, ex);
        }
        if (!self->stalled_ || self->any())
            self->wake();
        input_waits<1>::async_wait(self, ex, std::move(handler));
    }

    void stop() noexcept {
        up_.reset();
        set::clear();
        set::abort();
    }

private:
    bool may_take() const noexcept {
        return up_ && !set::outstanding(0) && (rule_ == newcomer::replaces || set::size() < most_);
    }

    /// Takes an item of upstream's, if there is room for its stream and it has one.
    bool takes() {
        if (!may_take())
            return false;
        set::check();
        auto outer = up_->try_next();
        if (outer) {
            if (rule_ == newcomer::replaces)
                set::clear();
            set::add(std::invoke(fn_, *std::move(outer)));
            return true;
        }
        if (outer.is_end())
            up_.reset();
        else
            wants_upstream_ = true;
        return false;
    }

    std::optional<Up> up_; // until it is over
    [[no_unique_address]] Fn fn_;
    std::size_t most_;
    newcomer rule_;
    bool stalled_ = false;        // a pull would find nothing, as things are
    bool wants_upstream_ = false; // has found it pending
};

/// An adaptor that makes streams of upstream's items and merges them: up to `n`, or the newest only.
template <class Fn>
auto flatten(std::size_t n, newcomer rule, Fn fn) {
    return adaptor([n, rule, fn = std::move(fn)]<async_stream Up>(Up up) mutable {
        using state = flattening<Up, Fn>;
        auto ex = up.get_executor();
        return state_stream<state>(
            std::move(ex), std::make_shared<state>(std::move(up), std::move(fn), n, rule));
    });
}

} // namespace streamx::detail
