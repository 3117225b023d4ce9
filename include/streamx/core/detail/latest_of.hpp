#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/fan_in.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/poll.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace streamx::detail {

/// When a stream of rows ends: with the first of its inputs, or with the last.
enum class rows_end { with_any, with_all };

/// Rows of the latest item of each input, a new one for each item, once all have given one.
template <async_stream... Ss>
class latest_of final : public fan_in<input_tuple<Ss...>> {
    using base = fan_in<input_tuple<Ss...>>;
    static_assert(
        (std::copy_constructible<item_t<Ss>> && ...),
        "an item is in each row until its stream gives another: it must be copyable");

public:
    using value_type = std::tuple<item_t<Ss>...>;

    latest_of(input_tuple<Ss...> in, rows_end rule) : base(std::move(in)), rule_(rule) {}

    poll<value_type> try_next() {
        this->next_pull();
        for (unsigned left = budget; left != 0 && !over(); --left) {
            const auto i = this->queue.front();
            if (!i)
                return pending;
            switch (this->inputs.visit(
                *i, [this](auto& input, auto I) { return this->template take<I>(input); })) {
            case taken::item:
                this->queue.rotate();
                if (missing_ == 0)
                    return std::apply(
                        [](const auto&... latest) { return value_type(*latest...); }, row_);
                break;
            case taken::nothing:
                this->queue.pop();
                this->idle.push_back(*i);
                break;
            case taken::end:
                this->queue.pop();
                this->retire(*i);
            }
        }
        return over() ? poll<value_type>(end) : pending;
    }

    template <class Executor, class Handler>
    static void
    async_wait(const std::shared_ptr<latest_of>& self, const Executor& fallback, Handler handler) {
        base::async_wait(self, fallback, self->over(), std::move(handler));
    }

private:
    enum class taken { item, nothing, end };

    bool over() const noexcept { return ended_ || this->live == 0; }

    template <std::size_t I, class Input>
    taken take(Input& input) {
        auto& latest = std::get<I>(row_);
        auto item = input->try_next();
        if (item) {
            if (!std::exchange(latest, std::move(item).to_optional()))
                --missing_;
            return taken::item;
        }
        if (!item.is_end())
            return taken::nothing;
        if (rule_ == rows_end::with_any || !latest)
            ended_ = true;
        return taken::end;
    }

    rows_end rule_;
    std::tuple<std::optional<item_t<Ss>>...> row_;
    std::size_t missing_ = sizeof...(Ss); // from the row
    bool ended_ = false;                  // there won't be another row
};

template <async_stream... Ss>
auto make_latest_of(rows_end rule, Ss... streams) {
    return fan_in_stream<latest_of<Ss...>>(input_tuple<Ss...>(std::move(streams)...), rule);
}

} // namespace streamx::detail
