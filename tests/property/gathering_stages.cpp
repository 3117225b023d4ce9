#include <property/stage.hpp>

#include <streamx/operators/chunk_by.hpp>
#include <streamx/operators/chunks.hpp>
#include <streamx/operators/concat.hpp>
#include <streamx/operators/default_if_empty.hpp>
#include <streamx/operators/flat_map.hpp>
#include <streamx/operators/intersperse.hpp>
#include <streamx/operators/map.hpp>
#include <streamx/operators/ready_chunks.hpp>
#include <streamx/operators/slide.hpp>
#include <streamx/operators/start_with.hpp>
#include <streamx/sources/range.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace streamx::testing {
namespace {

using any = any_stream<int>;

std::size_t size(dice& d) { return static_cast<std::size_t>(1 + d.upto(4)); }

std::string text(const char* name, std::size_t n) {
    return std::string(name) + "(" + std::to_string(n) + ")";
}

stage make_chunks(dice& d) {
    const auto n = size(d);
    return {
        text("chunks", n) + " | map(sum)",
        [=](any up) -> any { return std::move(up) | chunks(n) | map(sum); },
        [=](const outcome& up) {
            outcome result{{}, up.failure};
            for (std::size_t i = 0; i < up.items.size(); i += n)
                result.items.push_back(sum(
                    {up.items.begin() + static_cast<long>(i),
                     up.items.begin() + static_cast<long>(std::min(i + n, up.items.size()))}));
            return result;
        }};
}

stage make_ready_chunks(dice& d) {
    const auto n = size(d);
    return {
        text("ready_chunks", n) + " | flat_map(all)",
        [=](any up) -> any {
            return std::move(up) | ready_chunks(n) | flat_map([](ints all) { return all; });
        },
        [](outcome up) { return up; }};
}

stage make_chunk_by(dice& d) {
    const auto limit = size(d);
    const int bad = bad_value(d);
    auto together = [bad](int a, int b) {
        throw_at(bad, b);
        return a % 2 == b % 2;
    };
    return {
        text("chunk_by", limit) + " throws at " + std::to_string(bad) + " | map(sum)",
        [=](any up) -> any { return std::move(up) | chunk_by(together, limit) | map(sum); },
        [=](const outcome& up) {
            ints chunk;
            auto result = one_by_one(up, [&](int i, ints& to) {
                if (!chunk.empty() && !together(chunk.back(), i))
                    to.push_back(sum(std::exchange(chunk, {})));
                chunk.push_back(i);
                if (chunk.size() == limit)
                    to.push_back(sum(std::exchange(chunk, {})));
            });
            if (!chunk.empty())
                result.items.push_back(sum(chunk));
            return result;
        }};
}

stage make_slide(dice& d) {
    const auto n = size(d);
    return {
        text("slide", n) + " | map(sum)",
        [=](any up) -> any { return std::move(up) | slide(n) | map(sum); },
        [=](const outcome& up) {
            outcome result{{}, up.failure};
            for (std::size_t i = n; i <= up.items.size(); ++i)
                result.items.push_back(sum(
                    {up.items.begin() + static_cast<long>(i - n),
                     up.items.begin() + static_cast<long>(i)}));
            return result;
        }};
}

stage make_start_with(dice&) {
    return {
        "start_with(1, 2)",
        [](any up) -> any { return std::move(up) | start_with(1, 2); },
        [](outcome up) {
            up.items.insert(up.items.begin(), {1, 2});
            return up;
        }};
}

stage make_default_if_empty(dice&) {
    return {
        "default_if_empty(5)",
        [](any up) -> any { return std::move(up) | default_if_empty(5); },
        [](outcome up) {
            if (up.items.empty() && up.failure.empty())
                up.items.push_back(5);
            return up;
        }};
}

stage make_intersperse(dice&) {
    return {
        "intersperse(5)",
        [](any up) -> any { return std::move(up) | intersperse(5); },
        [](const outcome& up) {
            return one_by_one(up, [](int i, ints& to) {
                if (!to.empty())
                    to.push_back(5);
                to.push_back(i);
            });
        }};
}

stage make_concat(dice& d) {
    const int more = d.upto(3);
    return {
        "concat with " + std::to_string(more),
        [=](any up) -> any { return concat(std::move(up), range(0, more)); },
        [=](outcome up) {
            for (int i = 0; up.failure.empty() && i != more; ++i)
                up.items.push_back(i);
            return up;
        }};
}

} // namespace

stage random_gathering_stage(dice& d) {
    static constexpr auto all = {
        make_chunks,
        make_ready_chunks,
        make_chunk_by,
        make_slide,
        make_start_with,
        make_default_if_empty,
        make_intersperse,
        make_concat};
    return all.begin()[d.upto(static_cast<int>(all.size()) - 1)](d);
}

} // namespace streamx::testing
