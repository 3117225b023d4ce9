#pragma once

#include <streamx/core/any_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace streamx::testing {

using ints = std::vector<int>;

/// What a stream gives in all: its items and then its end or, if `failure` says so, that.
struct outcome {
    ints items;
    std::string failure;
    friend bool operator==(const outcome&, const outcome&) = default;
};

/// One operator with its arguments, twice: as it is, and as the obvious thing to do with vectors.
struct stage {
    std::string name;
    std::function<any_stream<int>(any_stream<int>)> real;
    std::function<outcome(outcome)> obvious;
};

/// The choices that a test makes, the same ones for the same seed.
class dice {
public:
    explicit dice(unsigned seed) : engine_(seed) {}

    /// A number from 0 to `last`. Not a standard distribution: those differ between libraries.
    int upto(int last) { return static_cast<int>(engine_() % static_cast<unsigned>(last + 1)); }
    bool one_in(int n) { return upto(n - 1) == 0; }

private:
    std::mt19937 engine_;
};

/// What a function throws at the value `bad`, if there is one.
inline void throw_at(int bad, int value) {
    if (value == bad)
        throw std::runtime_error("a function's");
}

/// One of the values that occur, or one that does not.
inline int bad_value(dice& d) { return d.one_in(4) ? d.upto(9) : -1; }

/// `each(item, to)` for every item, until it throws: then the failure is that.
template <class Each>
outcome one_by_one(const outcome& up, Each each) {
    outcome result;
    try {
        for (int item : up.items)
            each(item, result.items);
        result.failure = up.failure;
    } catch (const std::runtime_error& e) {
        result.failure = e.what();
    }
    return result;
}

inline int sum(const ints& items) {
    int total = 0;
    for (int i : items)
        total = (total + i) % 1000;
    return total;
}

stage random_transforming_stage(dice& d);
stage random_dropping_stage(dice& d);
stage random_gathering_stage(dice& d);
stage random_combining_stage(dice& d);
stage random_asynchronous_stage(dice& d);
stage random_timed_stage(dice& d);

} // namespace streamx::testing
