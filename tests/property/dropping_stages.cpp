#include <property/stage.hpp>

#include <streamx/operators/catch_errors.hpp>
#include <streamx/operators/distinct.hpp>
#include <streamx/operators/distinct_until_changed.hpp>
#include <streamx/operators/drop.hpp>
#include <streamx/operators/drop_last.hpp>
#include <streamx/operators/drop_while.hpp>
#include <streamx/operators/filter.hpp>
#include <streamx/operators/filter_map.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/skip_errors.hpp>
#include <streamx/operators/stride.hpp>
#include <streamx/operators/take.hpp>
#include <streamx/operators/take_last.hpp>
#include <streamx/operators/take_while.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>

namespace streamx::testing {
namespace {

using any = any_stream<int>;

/// Whether an item is kept, by a predicate that may throw.
struct is_kept {
    bool operator()(int i) const {
        throw_at(bad, i);
        return i % divisor != 0;
    }
    int divisor;
    int bad;
};

is_kept random_predicate(dice& d) {
    const int divisor = 2 + d.upto(3);
    return {divisor, bad_value(d)};
}

std::string text(const char* name, is_kept p) {
    return std::string(name) + "(not divisible by " + std::to_string(p.divisor) + ", throws at " +
           std::to_string(p.bad) + ")";
}
std::string text(const char* name, std::size_t n) {
    return std::string(name) + "(" + std::to_string(n) + ")";
}

std::size_t count(dice& d, int least = 0) { return static_cast<std::size_t>(least + d.upto(9)); }

stage make_filter(dice& d) {
    const auto p = random_predicate(d);
    return {
        text("filter", p),
        [=](any up) -> any { return std::move(up) | filter(p); },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) {
                if (p(i))
                    to.push_back(i);
            });
        }};
}

stage make_filter_map(dice& d) {
    const auto p = random_predicate(d);
    return {
        text("filter_map", p),
        [=](any up) -> any {
            return std::move(up) |
                   filter_map([=](int i) { return p(i) ? std::optional(i + 1) : std::nullopt; });
        },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) {
                if (p(i))
                    to.push_back(i + 1);
            });
        }};
}

stage make_take_while(dice& d) {
    const auto p = random_predicate(d);
    return {
        text("take_while", p),
        [=](any up) -> any { return std::move(up) | take_while(p); },
        [=](const outcome& up) {
            bool over = false;
            auto result = one_by_one(up, [&](int i, ints& to) {
                over = over || !p(i);
                if (!over)
                    to.push_back(i);
            });
            return over ? outcome{result.items, ""} : result;
        }};
}

stage make_drop_while(dice& d) {
    const auto p = random_predicate(d);
    return {
        text("drop_while", p),
        [=](any up) -> any { return std::move(up) | drop_while(p); },
        [=](const outcome& up) {
            bool begun = false;
            return one_by_one(up, [&](int i, ints& to) {
                begun = begun || !p(i);
                if (begun)
                    to.push_back(i);
            });
        }};
}

stage make_take(dice& d) {
    const auto n = count(d);
    return {
        text("take", n),
        [=](any up) -> any { return std::move(up) | take(n); },
        [=](outcome up) {
            if (up.items.size() < n)
                return up;
            up.items.resize(n);
            return outcome{up.items, ""};
        }};
}

stage make_drop(dice& d) {
    const auto n = count(d);
    return {
        text("drop", n),
        [=](any up) -> any { return std::move(up) | drop(n); },
        [=](outcome up) {
            const auto dropped = std::min(n, up.items.size());
            up.items.erase(up.items.begin(), up.items.begin() + static_cast<long>(dropped));
            return up;
        }};
}

stage make_take_last(dice& d) {
    const auto n = count(d);
    return {
        text("take_last", n),
        [=](any up) -> any { return std::move(up) | take_last(n); },
        [=](outcome up) {
            const auto kept = up.failure.empty() ? std::min(n, up.items.size()) : 0;
            up.items.erase(up.items.begin(), up.items.end() - static_cast<long>(kept));
            return up;
        }};
}

stage make_drop_last(dice& d) {
    const auto n = count(d);
    return {
        text("drop_last", n),
        [=](any up) -> any { return std::move(up) | drop_last(n); },
        [=](outcome up) {
            up.items.resize(up.items.size() - std::min(n, up.items.size()));
            return up;
        }};
}

stage make_stride(dice& d) {
    const auto n = count(d, 1);
    return {
        text("stride", n),
        [=](any up) -> any { return std::move(up) | stride(n); },
        [=](const outcome& up) {
            std::size_t at = 0;
            return one_by_one(up, [&](int i, ints& to) {
                if (at++ % n == 0)
                    to.push_back(i);
            });
        }};
}

stage make_distinct(dice& d) {
    const auto limit = count(d, 1);
    return {
        text("distinct", limit),
        [=](any up) -> any { return std::move(up) | distinct(limit); },
        [=](const outcome& up) {
            std::deque<int> seen;
            return one_by_one(up, [&](int i, ints& to) {
                if (std::find(seen.begin(), seen.end(), i) != seen.end())
                    return;
                seen.push_back(i);
                if (seen.size() > limit)
                    seen.pop_front();
                to.push_back(i);
            });
        }};
}

stage make_distinct_until_changed(dice&) {
    return {
        "distinct_until_changed",
        [](any up) -> any { return std::move(up) | distinct_until_changed(); },
        [](outcome up) {
            up.items.erase(std::unique(up.items.begin(), up.items.end()), up.items.end());
            return up;
        }};
}

stage make_skip_errors(dice& d) {
    const int bad = d.upto(9);
    return {
        "map(throws at " + std::to_string(bad) + ") | catch_errors | skip_errors",
        [=](any up) -> any {
            return std::move(up) | map([=](int i) {
                       throw_at(bad, i);
                       return i;
                   }) |
                   catch_errors() | skip_errors();
        },
        [=](outcome up) {
            std::erase(up.items, bad);
            return up;
        }};
}

} // namespace

stage random_dropping_stage(dice& d) {
    static constexpr auto all = {
        make_filter,
        make_filter_map,
        make_take_while,
        make_drop_while,
        make_take,
        make_drop,
        make_take_last,
        make_drop_last,
        make_stride,
        make_distinct,
        make_distinct_until_changed,
        make_skip_errors};
    return all.begin()[d.upto(static_cast<int>(all.size()) - 1)](d);
}

} // namespace streamx::testing
