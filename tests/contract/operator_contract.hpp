#pragma once

#include <contract/plan.hpp>
#include <contract/stream_contract.hpp>

#include <streamx/testing/virtual_clock.hpp>

#include <stdexcept>
#include <type_traits>
#include <utility>

namespace streamx::testing {

/// What an operator's function calls with each item: it throws where the test wants it to.
struct user_function {
    template <class T>
    void operator()(const T& item) const {
        if (item == throws_at)
            throw std::runtime_error("the user's");
    }
    int throws_at = 0;
};

template <class Make, class T>
auto apply_operator(Make& make, script_source<T> up, [[maybe_unused]] user_function user = {}) {
    if constexpr (std::is_invocable_v<Make&, script_source<T>, user_function>)
        return make(std::move(up), user);
    else
        return make(std::move(up));
}

/// Upstream is let go of when the stream has ended or failed, and not asked again.
template <class Make>
void releases_upstream(Make& make, finish last, bool gaps) {
    SCOPED_TRACE("releases upstream when it is over, and does not ask it again");
    asio::io_context ctx;
    virtual_clock clock(ctx);
    observer seen;
    auto s = apply_operator(make, play(ctx.get_executor(), plan<int>{3, gaps, last}, seen));
    EXPECT_EQ(seen.live(), 1u);

    auto got = collect(clock, s);

    EXPECT_EQ(got.ended, last == finish::ends);
    EXPECT_EQ(seen.live(), 0u);
    EXPECT_EQ(seen.misuses(), 0u);
}

/// What the user's function throws comes out once, as it is, and concerns this stream only.
template <class Make>
void survives_a_throw(Make& make, int at, bool gaps) {
    SCOPED_TRACE("the function throws at item " + std::to_string(at));
    asio::io_context ctx;
    virtual_clock clock(ctx);
    observer seen;
    const plan<int> p{3, gaps};
    auto sibling = apply_operator(make, play(ctx.get_executor(), p));
    auto s = apply_operator(make, play(ctx.get_executor(), p, seen), user_function{at});

    auto got = collect(clock, s);

    EXPECT_EQ(values(got.items), one_to(at - 1));
    EXPECT_EQ(got.what, "the user's");
    EXPECT_EQ(seen.live(), 0u);
    EXPECT_EQ(seen.misuses(), 0u);
    EXPECT_TRUE(collect(clock, s).ended);
    EXPECT_EQ(values(collect(clock, sibling).items), one_to(3));
}

/// For operators that copy items, and so can't have any that only move.
struct copies_items : can {};

/// Checks an operator against all promises. `make` puts it over a script: `make(up)`, or
/// `make(up, user)` if the operator takes a function, which is to call `user(item)`. The pipeline
/// gives all of upstream's items in order, by themselves or in chunks.
template <class Make, class Abilities = can>
void operator_contract(Make make, Abilities abilities = {}) {
    auto over_script = [&make](asio::any_io_executor ex, const auto& p) {
        return apply_operator(make, play(ex, p));
    };
    if constexpr (std::is_same_v<Abilities, copies_items>) {
        stream_contract<int, decltype(over_script)>(over_script, abilities).check();
    } else {
        stream_contract<counted_item, decltype(over_script)>(over_script, abilities).check();
        stream_contract<move_only_item, decltype(over_script)>(over_script, abilities)
            .gives_its_items_and_stays_at_its_end();
    }
    for (auto last : {finish::ends, finish::fails})
        for (bool gaps : {false, true})
            releases_upstream(make, last, gaps);
    if constexpr (std::is_invocable_v<Make&, script_source<int>, user_function>)
        for (int at : {1, 2, 3})
            for (bool gaps : {false, true})
                survives_a_throw(make, at, gaps);
}

} // namespace streamx::testing
