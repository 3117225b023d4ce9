#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/next.hpp>
#include <streamx/testing/collect.hpp>
#include <streamx/testing/script_source.hpp>
#include <streamx/testing/virtual_clock.hpp>
#include <streamx/time/clock_service.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <iosfwd>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace streamx::testing {

/// What a stream gives and when, as a line of characters, to be read and to be compared with:
///
/// - `-` a frame passes, and nothing comes
/// - `a` an item comes: any letter or other sign; it takes a frame
/// - `(ab)` all of this comes at once; together they take a frame
/// - `|` the end, `#` a failure: the last sign
/// - a space means nothing
///
/// What ends with neither `|` nor `#` never ends. `-a--b|` is an item after one frame, another after
/// three more, and the end a frame later.
class marbles {
public:
    using duration = clock_service::duration;
    static constexpr duration default_frame = std::chrono::milliseconds(1);

    /// What the `#` of a source fails with.
    static constexpr const char* failure = "marbles: #";

    struct event {
        duration at;
        char sign;
        bool operator==(const event&) const = default;
    };

    /// Throws `std::invalid_argument`, with the position of what is wrong.
    explicit marbles(std::string_view text, duration frame = default_frame);
    /// What has been seen; `at` is rounded down to frames. They are in order of time.
    explicit marbles(std::vector<event> events, duration frame = default_frame);

    const std::vector<event>& events() const noexcept { return events_; }

    /// In one form, whatever it was made from.
    std::string to_string() const;

    /// A stream that gives the signs when their time has come. Time begins with the first pull; for a
    /// consumer that is late, what was due meanwhile is ready.
    script_source<char> source(const asio::any_io_executor& ex) const {
        return source(ex, std::identity());
    }
    /// The same with items of your own: `fn(sign)`.
    template <std::invocable<char> Fn, class T = std::decay_t<std::invoke_result_t<Fn&, char>>>
    script_source<T> source(const asio::any_io_executor& ex, Fn fn) const {
        script_source<T> made(ex);
        duration now{};
        for (const auto& e : events_) {
            if (e.at > now)
                made.wait(e.at - std::exchange(now, e.at));
            if (e.sign == '|')
                return std::move(made).end();
            if (e.sign == '#')
                return std::move(made).fail(std::make_exception_ptr(std::runtime_error(failure)));
            made.item(fn(e.sign));
        }
        return std::move(made).hang();
    }
    /// The same with the items that are named here. Throws `std::out_of_range` for a sign without one.
    template <class T>
    script_source<T> source(const asio::any_io_executor& ex, const std::map<char, T>& items) const {
        return source(ex, [&items](char sign) { return items.at(sign); });
    }

    /// The same events at the same times, whatever the length of a frame.
    bool operator==(const marbles& other) const { return events_ == other.events_; }
    friend std::ostream& operator<<(std::ostream& out, const marbles& m);

private:
    std::vector<event> events_;
    duration frame_;
};

/// The sign of an item: a character is its own, a number from 0 to 9 its digit.
struct marble_of {
    constexpr char operator()(char item) const noexcept { return item; }
    template <std::integral T>
    constexpr char operator()(T number) const noexcept {
        return number >= 0 && number <= 9 ? static_cast<char>('0' + number) : '?';
    }
};

/// What a stream gives and when, from now on, until it is over or nothing goes on any more. It is
/// asked for the next item as soon as it has given one.
template <class S, class Sign = marble_of>
    requires async_stream_ref<S>
marbles observe(
    virtual_clock& clock,
    S&& stream,
    Sign sign = {},
    marbles::duration frame = marbles::default_frame) {
    const auto start = clock.now();
    std::vector<marbles::event> seen;
    const auto note = [&](char what) { seen.push_back({clock.now() - start, what}); };
    try {
        for (;;) {
            if (auto item = streamx::detail::try_next_once(stream)) {
                note(sign(*std::move(item)));
            } else if (item.is_end()) {
                note('|');
                break;
            } else if (const auto ec = testing::wait(clock, stream); !ec) {
                break; // it hangs
            } else if (*ec) {
                note('#');
                break;
            }
        }
    } catch (...) {
        note('#');
    }
    return marbles(std::move(seen), frame);
}

} // namespace streamx::testing
