#pragma once

namespace streamx {

/// What happens to one more item where there is no room for it: in a full channel, or at a
/// subscriber of a broadcast that has as many before it as it may.
enum class overflow : unsigned char {
    wait, ///< the sender waits for room (`try_send` returns false): backpressure, nothing is lost
    drop_oldest, ///< the oldest item in the channel makes room; it is counted and goes to
                 ///< `on_undelivered`
    drop_newest, ///< the new item is not put in; it is counted and goes to `on_undelivered`
    fail,        ///< the send fails with `errc::full` and the item stays with the sender; of a
                 ///< broadcast the subscriber fails with `errc::full`, at once
    disconnect,  ///< a broadcast only: the subscriber comes to its end, at once
};

} // namespace streamx
