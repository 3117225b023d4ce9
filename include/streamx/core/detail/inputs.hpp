#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/first_executor.hpp>

#include <boost/asio/system_executor.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::detail {

/// The inputs of an operator that has several of different types, addressed by index. An input that
/// is released is gone; the others stay where they are.
template <class S, class... Ss>
class input_tuple {
    using tuple = std::tuple<std::optional<S>, std::optional<Ss>...>;

public:
    using executor_type = typename first_executor<executor_t<S>, executor_t<Ss>...>::type;

    explicit input_tuple(S first, Ss... rest) : inputs_(std::move(first), std::move(rest)...) {}

    static constexpr std::size_t size() noexcept { return 1 + sizeof...(Ss); }
    executor_type get_executor() const noexcept { return executor_of<0>(); }

    /// Input `I`, which has not been released.
    template <std::size_t I>
    auto& get() noexcept {
        return *std::get<I>(inputs_);
    }

    template <std::size_t I>
    bool has() const noexcept {
        return std::get<I>(inputs_).has_value();
    }

    template <std::size_t I>
    void release() noexcept {
        std::get<I>(inputs_).reset();
    }

    /// Calls `f(input, index)` with the `i`th input, a `std::optional` of it, and its index as an
    /// `std::integral_constant`. `f` gives the same type for all.
    template <class F>
    decltype(auto) visit(std::size_t i, F&& f) {
        using result = std::invoke_result_t<F&, std::optional<S>&, index<0>>;
        static constexpr auto table = []<std::size_t... I>(std::index_sequence<I...>) {
            return std::array{
                +[](tuple& t, F& g) -> result { return g(std::get<I>(t), index<I>()); }...};
        }(std::make_index_sequence<size()>());
        return table[i](inputs_, f);
    }

private:
    template <std::size_t I>
    using index = std::integral_constant<std::size_t, I>;

    template <std::size_t I>
    executor_type executor_of() const noexcept {
        if constexpr (std::is_same_v<executor_type, no_executor>)
            return {};
        else if constexpr (std::is_same_v<
                               executor_t<typename std::tuple_element_t<I, tuple>::value_type>,
                               executor_type>)
            return std::get<I>(inputs_)->get_executor();
        else
            return executor_of<I + 1>();
    }

    tuple inputs_;
};

/// The same where all give items of one type.
template <class S, class... Ss>
class alike_input_tuple : public input_tuple<S, Ss...> {
    static_assert(
        (std::is_same_v<item_t<S>, item_t<Ss>> && ...),
        "all inputs must have the same value_type: `map` them to one");

public:
    using value_type = item_t<S>;

    explicit alike_input_tuple(S first, Ss... rest)
        : input_tuple<S, Ss...>(std::move(first), std::move(rest)...) {}

    poll<value_type> try_next(std::size_t i) {
        return this->visit(i, [](auto& input, auto) { return input->try_next(); });
    }
};

/// The same for any number of inputs of one type.
template <class S>
class input_list {
public:
    using value_type = item_t<S>;
    using executor_type = executor_t<S>;

    explicit input_list(std::vector<S> inputs) {
        inputs_.reserve(inputs.size());
        for (auto& s : inputs)
            inputs_.emplace_back(std::move(s));
    }

    std::size_t size() const noexcept { return inputs_.size(); }
    executor_type get_executor() const {
        if constexpr (std::is_same_v<executor_type, no_executor>)
            return {};
        else
            return inputs_.empty() ? executor_type(asio::system_executor())
                                   : inputs_.front()->get_executor();
    }
    poll<value_type> try_next(std::size_t i) { return inputs_[i]->try_next(); }

    template <class F>
    decltype(auto) visit(std::size_t i, F&& f) {
        return f(inputs_[i], i);
    }

private:
    std::vector<std::optional<S>> inputs_;
};

} // namespace streamx::detail
