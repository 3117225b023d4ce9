#include <streamx/time/backoff.hpp>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace streamx {
namespace {

std::uint64_t random_seed() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
}

} // namespace

backoff_delays::backoff_delays(const backoff& policy)
    : policy_(policy), state_(policy.seed ? *policy.seed : random_seed()) {
    if (policy.initial < duration::zero())
        throw std::invalid_argument("backoff: initial must not be negative");
    if (policy.max < policy.initial)
        throw std::invalid_argument("backoff: max must be at least initial");
    if (!(policy.factor >= 1)) // so that a NaN is refused as well
        throw std::invalid_argument("backoff: factor must be at least 1");
    if (!(policy.jitter >= 0 && policy.jitter <= 1))
        throw std::invalid_argument("backoff: jitter must be between 0 and 1");
}

std::optional<backoff_delays::duration> backoff_delays::next() noexcept {
    if (attempts_ >= policy_.limit)
        return std::nullopt;
    const auto longest = static_cast<double>(policy_.max.count());
    wait_ = attempts_ == 0 ? static_cast<double>(policy_.initial.count())
                           : std::min(wait_ * policy_.factor, longest);
    ++attempts_;
    const double shortened = wait_ * (1 - policy_.jitter * random());
    // A `max` at the end of time rounds up beyond it.
    return shortened >= longest ? policy_.max : duration(static_cast<duration::rep>(shortened));
}

/// From 0 up to and not including 1, by SplitMix64: a standard distribution would differ from one
/// library to the next.
double backoff_delays::random() noexcept {
    std::uint64_t x = state_ += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

} // namespace streamx
