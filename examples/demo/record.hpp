#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace demo {

/// What the demo makes of a line.
struct record {
    enum class kind {
        entry,
        transition, ///< a package manager's step between two states
        remark,     ///< empty, or a comment
        not_text,
    };

    kind what = kind::entry;
    std::string subject; ///< a log's action (`install`), or the first word
    std::size_t words = 0;
};

record parse(std::string_view line);

/// Whether a consumer would want it.
inline bool is_wanted(const record& r) { return r.what == record::kind::entry; }

} // namespace demo
