#pragma once

#include "engine_config.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace streamx::rsocket {

/// An option of `whose` that makes no sense: throws `std::invalid_argument` with this rule.
inline void require_option(bool makes_sense, const std::string& whose, const char* rule) {
    if (!makes_sense)
        throw std::invalid_argument(whose + ": " + rule);
}

/// What the options of a client and those of a server say alike.
template <class Options>
engine_config common_config(const Options& o, const std::string& whose) {
    constexpr std::size_t least_fragment = 64;
    require_option(o.window != 0, whose, "window must be at least 1");
    require_option(o.window_bytes != 0U, whose, "window_bytes must be at least 1");
    require_option(o.fragment >= least_fragment, whose, "fragment must be at least 64");
    require_option(
        o.limits.unfinished_bytes != 0, whose, "limits.unfinished_bytes must be at least 1");
    engine_config c;
    c.fragment = std::min(o.fragment, max_frame_size);
    c.frame = std::min(o.limits.frame, max_frame_size);
    c.message = o.limits.message;
    c.unfinished = o.limits.unfinished_bytes;
    c.handshake = std::chrono::duration_cast<std::chrono::milliseconds>(o.limits.handshake);
    c.resume = o.resume.has_value();
    if (o.resume) {
        c.retained = std::max<std::size_t>(o.resume->retained, 1);
        c.keep = o.resume->keep;
    }
    return c;
}

} // namespace streamx::rsocket
