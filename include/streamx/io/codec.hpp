#pragma once

#include <streamx/core/error.hpp>
#include <streamx/io/write_buffer.hpp>

#include <boost/system/system_error.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

namespace streamx::io {

/// How items are found among bytes. `decode(in)` takes one item off the front of `in` and advances
/// it, or gives nothing: then it is called again with the same bytes and more behind them, so it may
/// remember how far it has looked. It may advance `in` without giving an item. What it throws fails
/// the stream; of what is too long it throws early, before the bytes are there.
///
/// A `decode_end(in)` of the same form, if there is one, is called when the input has ended and
/// bytes are left of which `decode` makes nothing: it may make a last item of them. Without it, and
/// if it takes nothing, the stream fails with `errc::truncated`.
///
/// A codec that has a `limit()` keeps itself from waiting for more bytes than that; any other is held
/// to `endpoint_limits::frame`.
///
/// An item may be a view into the bytes that it was decoded from: it is valid until the next pull. A
/// `decode(in, maker)` beside it is called in its place where items can share what was read:
/// `maker.template make<shared_bytes>(part)` makes one of a part of `in` without a copy.
template <class C>
concept decoder = std::move_constructible<C> && requires(C& c, std::string_view& in) {
    typename C::value_type;
    { c.decode(in) } -> std::same_as<std::optional<typename C::value_type>>;
};

/// What an encoder writes items of type `T` with: `encode(item, out)` appends the bytes to `out`.
/// When it throws, nothing is sent and the sender is told.
template <class C, class T>
concept encodes =
    requires(C& c, T&& item, write_buffer& out) { c.encode(std::forward<T>(item), out); };

/// How items are written as bytes.
template <class C>
concept encoder = std::move_constructible<C> && encodes<C, typename C::value_type>;

/// Both: what `framed` needs.
template <class C>
concept codec = decoder<C> && encoder<C>;

/// Throws a `boost::system::system_error` with this code: what a codec says of bad bytes or items.
[[noreturn]] void throw_codec_error(errc e, const char* what);

} // namespace streamx::io
