#include <property/stage.hpp>

#include <streamx/terminals/async_collect.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

// Random pipelines over random streams, with gaps, failures and throws at random places, give what
// the obvious implementation on vectors gives. A failing one is found again by its number alone. Time
// passes where a stage takes time, and only if nothing else is to be done.

namespace streamx::testing {
namespace {

struct plan_of_a_run {
    outcome source;
    std::vector<bool> gap_before; // each item, and the end
    std::vector<stage> stages;
    bool by_terminal;

    explicit plan_of_a_run(unsigned number) {
        dice d(number);
        for (int i = d.upto(30); i > 0; --i)
            source.items.push_back(d.upto(9));
        if (d.one_in(4))
            source.failure = "the source's";
        const bool gaps = d.one_in(2);
        for (std::size_t i = 0; i <= source.items.size(); ++i)
            gap_before.push_back(gaps && d.one_in(3));
        for (int i = d.upto(6); i > 0; --i)
            stages.push_back(random_stage(d));
        by_terminal = d.one_in(2);
    }

    static stage random_stage(dice& d) {
        switch (d.upto(5)) {
        case 0:
            return random_transforming_stage(d);
        case 1:
            return random_dropping_stage(d);
        case 2:
            return random_gathering_stage(d);
        case 3:
            return random_combining_stage(d);
        case 4:
            return random_asynchronous_stage(d);
        default:
            return random_timed_stage(d);
        }
    }

    std::string text() const {
        std::string t = "source:";
        for (std::size_t i = 0; i != source.items.size(); ++i)
            t += (gap_before[i] ? " -" : " ") + std::to_string(source.items[i]);
        t += source.failure.empty() ? " |" : " x";
        for (const auto& s : stages)
            t += "\n  | " + s.name;
        return t;
    }

    outcome obvious() const {
        outcome o = source;
        for (const auto& s : stages)
            o = s.obvious(std::move(o));
        return o;
    }

    any_stream<int> real(asio::io_context& ctx, const observer& seen) const {
        script_source<int> up(ctx.get_executor(), seen);
        for (std::size_t i = 0; i != source.items.size(); ++i) {
            if (gap_before[i])
                up.pending();
            up.item(source.items[i]);
        }
        if (gap_before.back())
            up.pending();
        if (source.failure.empty())
            up.end();
        else
            up.fail(std::make_exception_ptr(std::runtime_error(source.failure)));
        any_stream<int> s = std::move(up);
        for (const auto& next : stages)
            s = next.real(std::move(s));
        return s;
    }
};

outcome pulled_by_hand(virtual_clock& clock, any_stream<int> s) {
    auto got = collect(clock, std::move(s));
    return {got.items, got.hung ? "hangs" : got.what};
}

outcome pulled_by_a_terminal(virtual_clock& clock, any_stream<int> s) {
    outcome result{{}, "hangs"};
    async_collect(std::move(s), [&](std::exception_ptr failure, ints items) {
        result = {std::move(items), what_of(failure)};
    });
    run_until(clock, [&] { return result.failure != "hangs"; });
    return result;
}

TEST(pipelines_test, give_what_the_obvious_implementation_on_vectors_gives) {
    constexpr unsigned runs = 20'000;
    for (unsigned number = 0; number != runs; ++number) {
        const plan_of_a_run plan(number);
        asio::io_context ctx;
        virtual_clock clock(ctx);
        observer seen;
        const auto expected = plan.obvious();

        auto s = plan.real(ctx, seen);
        const auto got = plan.by_terminal ? pulled_by_a_terminal(clock, std::move(s))
                                          : pulled_by_hand(clock, std::move(s));
        clock.hold(); // what was begun comes to its end, and no timer is needed for that
        clock.run();

        ASSERT_EQ(got.items, expected.items) << "run " << number << ", " << plan.text();
        ASSERT_EQ(got.failure, expected.failure) << "run " << number << ", " << plan.text();
        ASSERT_EQ(seen.misuses(), 0u) << "run " << number << ", " << plan.text();
        ASSERT_EQ(seen.live(), 0u) << "run " << number << ", " << plan.text();
    }
}

} // namespace
} // namespace streamx::testing
