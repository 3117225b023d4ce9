#pragma once

namespace streamx {

/// What a full channel does with one more item.
enum class overflow : unsigned char {
    wait, ///< the sender waits for room (`try_send` returns false): backpressure, nothing is lost
    drop_oldest, ///< the oldest item in the channel makes room; it is counted and goes to
                 ///< `on_undelivered`
    drop_newest, ///< the new item is not put in; it is counted and goes to `on_undelivered`
    fail,        ///< the send fails with `errc::full` and the item stays with the sender
};

} // namespace streamx
