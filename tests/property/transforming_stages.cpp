#include <property/stage.hpp>

#include <streamx/operators/catch_errors.hpp>
#include <streamx/operators/enumerate.hpp>
#include <streamx/operators/fail_fast.hpp>
#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/inspect.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/or_else.hpp>
#include <streamx/operators/peekable.hpp>
#include <streamx/operators/scan.hpp>
#include <streamx/operators/transform_error.hpp>
#include <streamx/operators/unzip.hpp>
#include <streamx/operators/yield_every.hpp>
#include <streamx/operators/zip.hpp>
#include <streamx/sources/from_range.hpp>
#include <streamx/sources/range.hpp>

#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <tuple>
#include <utility>

namespace streamx::testing {
namespace {

using any = any_stream<int>;

auto times_three(int bad) {
    return [bad](int i) {
        throw_at(bad, i);
        return 3 * i % 1000;
    };
}

outcome unchanged(outcome up) { return up; }

stage make_map(dice& d) {
    const int bad = bad_value(d);
    return {
        "map(throws at " + std::to_string(bad) + ")",
        [=](any up) -> any { return std::move(up) | map(times_three(bad)); },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) { to.push_back(times_three(bad)(i)); });
        }};
}

stage make_inspect(dice& d) {
    const int bad = bad_value(d);
    return {
        "inspect(throws at " + std::to_string(bad) + ")",
        [=](any up) -> any { return std::move(up) | inspect([=](int i) { throw_at(bad, i); }); },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) {
                throw_at(bad, i);
                to.push_back(i);
            });
        }};
}

stage make_scan(dice& d) {
    const int bad = bad_value(d);
    auto op = [bad](int value, int i) {
        throw_at(bad, i);
        return (value + i) % 1000;
    };
    return {
        "scan(throws at " + std::to_string(bad) + ")",
        [=](any up) -> any { return std::move(up) | scan(1, op); },
        [=](const outcome& up) {
            int value = 1;
            return one_by_one(up, [&](int i, ints& to) { to.push_back(value = op(value, i)); });
        }};
}

stage make_flat_map(dice& d) {
    const int bad = bad_value(d);
    auto copies = [bad](int i) {
        throw_at(bad, i);
        return ints(static_cast<std::size_t>(std::abs(i) % 3), i);
    };
    return {
        "flat_map(throws at " + std::to_string(bad) + ")",
        [=](any up) -> any { return std::move(up) | flat_map(copies); },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) {
                const auto made = copies(i);
                to.insert(to.end(), made.begin(), made.end());
            });
        }};
}

stage make_enumerate(dice&) {
    return {
        "enumerate | map(sum)",
        [](any up) -> any {
            return std::move(up) | enumerate() |
                   map([](auto pair) { return static_cast<int>(pair.first) + pair.second; });
        },
        [](const outcome& up) {
            int number = 0;
            return one_by_one(up, [&](int i, ints& to) { to.push_back(number++ + i); });
        }};
}

stage make_zip(dice& d) {
    const int rows = d.upto(20);
    return {
        "zip with " + std::to_string(rows),
        [=](any up) -> any {
            return zip(range(0, rows), std::move(up)) |
                   map([](auto row) { return std::get<0>(row) + std::get<1>(row); });
        },
        [=](outcome up) {
            const bool enough = static_cast<int>(up.items.size()) >= rows;
            up.items.resize(std::min(up.items.size(), static_cast<std::size_t>(rows)));
            for (int i = 0; auto& item : up.items)
                item += i++;
            return outcome{up.items, enough ? "" : up.failure};
        }};
}

stage make_unzip(dice& d) {
    const auto limit = static_cast<std::size_t>(1 + d.upto(3));
    return {
        "unzip(" + std::to_string(limit) + ")",
        [=](any up) -> any { return (std::move(up) | enumerate() | unzip(limit)).second; },
        unchanged};
}

stage make_peekable(dice&) {
    return {"peekable", [](any up) -> any { return std::move(up) | peekable(); }, unchanged};
}

stage make_yield_every(dice& d) {
    const auto budget = static_cast<std::size_t>(1 + d.upto(3));
    return {
        "yield_every(" + std::to_string(budget) + ")",
        [=](any up) -> any { return std::move(up) | yield_every(budget); },
        unchanged};
}

stage make_catch_errors(dice& d) {
    const int bad = d.upto(9);
    return {
        "map(throws at " + std::to_string(bad) + ") | catch_errors | or_else(-7)",
        [=](any up) -> any {
            return std::move(up) | map(times_three(bad)) | catch_errors() |
                   or_else([](const std::exception_ptr&) { return -7; });
        },
        [=](const outcome& up) {
            return one_by_one(
                up, [&](int i, ints& to) { to.push_back(i == bad ? -7 : times_three(bad)(i)); });
        }};
}

stage make_fail_fast(dice& d) {
    const int bad = bad_value(d);
    return {
        "map(throws at " + std::to_string(bad) + ") | catch_errors | fail_fast",
        [=](any up) -> any {
            return std::move(up) | map(times_three(bad)) | catch_errors() | fail_fast();
        },
        [=](const outcome& up) {
            return one_by_one(up, [&](int i, ints& to) { to.push_back(times_three(bad)(i)); });
        }};
}

stage make_or_else(dice&) {
    return {
        "or_else(two more)",
        [](any up) -> any {
            return std::move(up) | or_else([](std::exception_ptr) { return from_range({1, 2}); });
        },
        [](outcome up) {
            if (!up.failure.empty())
                up.items.insert(up.items.end(), {1, 2});
            return outcome{up.items, ""};
        }};
}

stage make_transform_error(dice&) {
    return {
        "transform_error(another)",
        [](any up) -> any {
            return std::move(up) | transform_error([](std::exception_ptr) {
                       return std::make_exception_ptr(std::runtime_error("another"));
                   });
        },
        [](outcome up) {
            if (!up.failure.empty())
                up.failure = "another";
            return up;
        }};
}

} // namespace

stage random_transforming_stage(dice& d) {
    static constexpr auto all = {
        make_map,
        make_inspect,
        make_scan,
        make_flat_map,
        make_enumerate,
        make_zip,
        make_unzip,
        make_peekable,
        make_yield_every,
        make_catch_errors,
        make_fail_fast,
        make_or_else,
        make_transform_error};
    return all.begin()[d.upto(static_cast<int>(all.size()) - 1)](d);
}

} // namespace streamx::testing
