// Each synchronous operator over items that are always ready, against the loop that one would write
// by hand for it; and five of them in a chain.
#include "bench.hpp"

#include <streamx/operators.hpp>
#include <streamx/sources/range.hpp>
#include <streamx/terminals/async_fold.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/unordered_set.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace streamx::bench {
namespace {

using number = std::uint64_t;

/// A number that the compiler knows nothing of, so that it can neither vectorise a loop nor find a
/// closed form for it.
inline number opaque(number x) {
    asm volatile("" : "+r"(x));
    return x;
}

template <class Stream>
number total(Stream stream) {
    asio::io_context ctx(1);
    number result = 0;
    async_fold(
        std::move(stream),
        number(0),
        [](number sum, number x) { return sum + opaque(x); },
        asio::bind_executor(
            ctx.get_executor(), [&](std::exception_ptr, number sum) { result = sum; }));
    ctx.run();
    return result;
}

/// Runs `range | op` and the loop that does the same.
template <class Op, class Loop>
void compare(const std::string& name, Op op, Loop loop) {
    run(
        "operators/" + name + "/streamx",
        [op](number n) { return total(range(number(0), n) | op); },
        loop);
    run("operators/" + name + "/loop", loop, loop);
}

// Objects, as a pointer to a function would be called through that.
constexpr auto is_even = [](number x) { return (opaque(x) & 1) == 0; };

/// A number of few different ones.
constexpr auto one_of_a_thousand = [](number x) { return opaque(x * 2654435761u) % 1000; };

} // namespace
} // namespace streamx::bench

int main(int argc, char** argv) {
    using namespace streamx;
    using namespace streamx::bench;
    init(argc, argv);

    auto nothing = [](number n) {
        number sum = 0;
        for (number i = 0; i != n; ++i)
            sum += opaque(i);
        return sum;
    };
    run("operators/none/streamx", [](number n) { return total(range(number(0), n)); }, nothing);
    run("operators/none/loop", nothing, nothing);
    compare("map", map([](number x) { return opaque(x) * 3; }), [](number n) {
        number sum = 0;
        for (number i = 0; i != n; ++i)
            sum += opaque(opaque(i) * 3);
        return sum;
    });
    compare("filter", filter(is_even), [](number n) {
        number sum = 0;
        for (number i = 0; i != n; ++i)
            if (is_even(i))
                sum += opaque(i);
        return sum;
    });
    compare(
        "filter_map",
        filter_map([](number x) { return is_even(x) ? std::optional(x * 3) : std::nullopt; }),
        [](number n) {
            number sum = 0;
            for (number i = 0; i != n; ++i)
                if (is_even(i))
                    sum += opaque(i * 3);
            return sum;
        });
    compare("inspect", inspect([](number x) { opaque(x); }), [](number n) {
        number sum = 0;
        for (number i = 0; i != n; ++i) {
            opaque(i);
            sum += opaque(i);
        }
        return sum;
    });
    compare(
        "enumerate",
        map([](number x) { return opaque(x); }) | enumerate() |
            map([](auto pair) { return pair.first + pair.second; }),
        [](number n) {
            number sum = 0, at = 0;
            for (number i = 0; i != n; ++i)
                sum += opaque(at++ + opaque(i));
            return sum;
        });
    compare(
        "scan",
        scan(number(0), [](number value, number x) { return value ^ opaque(x); }),
        [](number n) {
            number sum = 0, value = 0;
            for (number i = 0; i != n; ++i) {
                value ^= opaque(i);
                sum += opaque(value);
            }
            return sum;
        });
    compare("take", take(~std::size_t(0)), [](number n) {
        number sum = 0;
        std::size_t left = opaque(~std::size_t(0));
        for (number i = 0; i != n && left != 0; ++i, --left)
            sum += opaque(i);
        return sum;
    });
    compare(
        "take_while", take_while([](number x) { return opaque(x) != ~number(0); }), [](number n) {
            number sum = 0;
            for (number i = 0; i != n && opaque(i) != ~number(0); ++i)
                sum += opaque(i);
            return sum;
        });
    compare("drop", drop(100), [](number n) {
        number sum = 0;
        std::size_t left = opaque(100);
        for (number i = 0; i != n; ++i)
            if (left != 0)
                --left;
            else
                sum += opaque(i);
        return sum;
    });
    compare("drop_while", drop_while([](number x) { return opaque(x) < 100; }), [](number n) {
        number sum = 0;
        bool begun = false;
        for (number i = 0; i != n; ++i)
            if (begun || (begun = opaque(i) >= 100))
                sum += opaque(i);
        return sum;
    });
    compare("stride", stride(3), [](number n) {
        number sum = 0;
        std::size_t to_drop = 0;
        const std::size_t step = opaque(3);
        for (number i = 0; i != n; ++i)
            if (to_drop != 0)
                --to_drop;
            else {
                to_drop = step - 1;
                sum += opaque(i);
            }
        return sum;
    });
    compare(
        "distinct_until_changed",
        map([](number x) { return opaque(x) / 2; }) | distinct_until_changed(),
        [](number n) {
            number sum = 0;
            std::optional<number> last;
            for (number i = 0; i != n; ++i)
                if (const auto x = opaque(i) / 2; !last || *last != x) {
                    last = x;
                    sum += opaque(x);
                }
            return sum;
        });
    compare("distinct", map(one_of_a_thousand) | distinct(1000), [](number n) {
        number sum = 0;
        boost::unordered_set<number> seen;
        for (number i = 0; i != n; ++i)
            if (const auto x = one_of_a_thousand(i); seen.insert(x).second)
                sum += opaque(x);
        return sum;
    });
    compare("start_with", start_with(number(1), number(2)), [](number n) {
        number sum = opaque(1);
        sum += opaque(2);
        for (number i = 0; i != n; ++i)
            sum += opaque(i);
        return sum;
    });
    compare("default_if_empty", default_if_empty(number(1)), [](number n) {
        number sum = 0;
        bool any = false;
        for (number i = 0; i != n; ++i) {
            any = true;
            sum += opaque(i);
        }
        return any ? sum : opaque(1);
    });
    compare("intersperse", intersperse(number(7)), [](number n) {
        number sum = 0;
        bool begun = false;
        for (number i = 0; i != n; ++i) {
            if (std::exchange(begun, true))
                sum += opaque(7);
            sum += opaque(i);
        }
        return sum;
    });
    compare(
        "flat_map", flat_map([](number x) { return std::array{opaque(x), x + 1}; }), [](number n) {
            number sum = 0;
            for (number i = 0; i != n; ++i)
                for (number x : std::array{opaque(i), i + 1})
                    sum += opaque(x);
            return sum;
        });
    compare("peekable", peekable(), [](number n) {
        number sum = 0;
        for (number i = 0; i != n; ++i)
            sum += opaque(i);
        return sum;
    });
    auto zipped = [](number n) {
        return zip(range(number(0), n),
                   range(number(5), n + 5) | map([](number x) { return opaque(x); })) |
               map([](const auto& row) { return std::get<0>(row) + std::get<1>(row); });
    };
    auto zipped_by_hand = [](number n) {
        number sum = 0;
        for (number i = 0, j = 5; i != n && j != n + 5; ++i, ++j)
            sum += opaque(i + opaque(j));
        return sum;
    };
    run("operators/zip/streamx", [&](number n) { return total(zipped(n)); }, zipped_by_hand);
    run("operators/zip/loop", zipped_by_hand, zipped_by_hand);

    compare(
        "chain",
        map([](number x) { return opaque(x) * 3; }) | filter(is_even) | enumerate() |
            map([](auto pair) { return pair.first + pair.second; }) |
            take_while([](number x) { return opaque(x) != ~number(0); }),
        [](number n) {
            number sum = 0, at = 0;
            for (number i = 0; i != n; ++i) {
                const auto x = opaque(i) * 3;
                if (!is_even(x))
                    continue;
                const auto y = at++ + x;
                if (opaque(y) == ~number(0))
                    break;
                sum += opaque(y);
            }
            return sum;
        });
}
