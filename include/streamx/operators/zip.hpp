#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/input_waits.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace streamx {

/// The stream that `zip` makes: one item of each input at a time.
template <async_stream... Ss>
class [[nodiscard]] zip_stream : public stream_interface<zip_stream<Ss...>> {
    using inputs = detail::input_tuple<Ss...>;
    using waits = detail::input_waits<sizeof...(Ss)>;
    using indices = std::index_sequence_for<Ss...>;

public:
    using value_type = std::tuple<item_t<Ss>...>;
    using executor_type = typename inputs::executor_type;

    explicit zip_stream(Ss... streams) : inputs_(std::move(streams)...) {}

    executor_type get_executor() const noexcept { return inputs_.get_executor(); }

    poll<value_type> try_next() {
        if (waits_)
            waits_->check();
        bool ended = false;
        const bool complete = for_each_input([&](auto i) { return fetch<i>(ended) && !ended; });
        if (ended)
            return end;
        if (!complete)
            return pending;
        return take(indices());
    }

    template <class Take>
    [[gnu::always_inline]] detail::halt each_ready(Take&& take)
        requires(sizeof...(Ss) == 2)
    {
        // The common case: nothing waits, and nothing is left of an unfinished row.
        auto& second = inputs_.template get<1>();
        if (waits_ || std::get<0>(row_) || std::get<1>(row_))
            return detail::one_by_one(*this, take);
        auto second_halt = detail::halt::asked;
        const auto why = detail::each_ready(
            inputs_.template get<0>(), [&](auto&& a) __attribute__((always_inline)) {
                auto b = second.try_next();
                if (b) [[likely]]
                    return take(value_type(std::move(a), *std::move(b)));
                second_halt = b.is_end() ? detail::halt::end : detail::halt::pending;
                std::get<0>(row_).emplace(std::move(a));
                return false;
            });
        return why == detail::halt::asked ? second_halt : why;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (!self->waits_)
                self->waits_ = std::make_shared<waits>();
            const auto& w = self->waits_;
            auto ex = detail::executor_for(handler, self->get_executor());
            self->for_each_input([&](auto i) {
                if (!std::get<i>(self->row_) && !w->outstanding(i))
                    waits::begin(w, i, self->inputs_.template get<i>(), ex);
                return true;
            });
            waits::async_wait(w, ex, std::move(handler));
        }

        zip_stream* self;
    };

    /// Calls `f` with each index; whether it was true for all, of which none is left out.
    template <class F>
    bool for_each_input(F f) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            bool all = true;
            ((all = f(std::integral_constant<std::size_t, I>()) && all), ...);
            return all;
        }(indices());
    }

    /// Whether input `I` has its item in the row.
    template <std::size_t I>
    bool fetch(bool& ended) {
        auto& cell = std::get<I>(row_);
        if (cell || ended)
            return true;
        if (waits_ && waits_->outstanding(I))
            return false;
        auto item = inputs_.template get<I>().try_next();
        ended = item.is_end();
        cell = std::move(item).to_optional();
        return cell.has_value();
    }

    template <std::size_t... I>
    value_type take(std::index_sequence<I...>) {
        return value_type(*std::exchange(std::get<I>(row_), std::nullopt)...);
    }

    inputs inputs_;
    std::tuple<std::optional<item_t<Ss>>...> row_; // what has come of the next row
    detail::own_ptr<waits> waits_;                 // from the first wait on
};

/// Gives rows of one item of each stream. Ends when one of them ends; items of the others that are
/// left without a partner are dropped. All are waited for at once.
/// @marble  `-1----2-|`, `--a--b---|`  ->  `zip`  ->  `--(1,a)---(2,b)-|`
/// @errors  the first failure of an input, unchanged; the other inputs are released
/// @cancels what has come of the next row stays for the next pull
/// @cost    one row buffered; an allocation at the first wait; where nothing waits it compiles into
///          the loop that drives it
/// @others  zip (futures), zip (ranges), zip (Rx), zip (Akka)
template <async_stream... Ss>
    requires(sizeof...(Ss) > 0)
[[nodiscard]] auto zip(Ss... streams) {
    return zip_stream<Ss...>(std::move(streams)...);
}

} // namespace streamx
