#pragma once

#include <streamx/io/codec.hpp>
#include <streamx/io/detail/byte_item.hpp>
#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/payload.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace streamx::rsocket {

/// The codecs of a type, each for one MIME type; the first is the one that is preferred.
template <class... Codecs>
struct codec_list {};

/// How values of type `T` are written as the data of a payload, and read from it. Bytes (a `std::string`,
/// a `std::vector<std::byte>`) are here, as "application/octet-stream" and "text/plain"; what Boost.JSON
/// knows is in `rsocket/json.hpp`, as "application/json". For a type of your own:
///
///     template <>
///     struct streamx::rsocket::codecs_of<quote> {
///         using list = codec_list<quote_codec, json_codec<quote>>;
///     };
///
/// where `quote_codec` is a codec as `io/codec.hpp` has it, with a `static constexpr std::string_view
/// mime_type` beside it. The data of a payload is one item: all of it, also if it is empty. An
/// `encode(item)` that gives a `std::string` may stand in place of the one with a `write_buffer`. A codec
/// that only one side needs may have only `decode` or only `encode`.
template <class T>
struct codecs_of {
    static_assert(
        !std::same_as<T, T>,
        "codecs_of<T>: how is this type written? include streamx/rsocket/json.hpp for what "
        "Boost.JSON "
        "knows, or specialise codecs_of for it");
};

/// Bytes as they are.
template <io::detail::byte_item T>
struct bytes_codec {
    using value_type = T;
    static constexpr std::string_view mime_type = mime::bytes;

    std::optional<T> decode(std::string_view& in) const {
        static_assert(
            !std::ranges::borrowed_range<T>,
            "the data does not outlive the payload: take a std::string");
        return io::detail::make_item<T>(std::exchange(in, {}));
    }
    std::string encode(const T& item) const { return std::string(io::detail::bytes_of(item)); }
    std::string encode(T&& item) const
        requires std::same_as<T, std::string>
    {
        return std::move(item);
    }
};

/// The same, said to be text.
template <io::detail::byte_item T>
struct text_codec : bytes_codec<T> {
    static constexpr std::string_view mime_type = mime::text;
};

template <io::detail::byte_item T>
struct codecs_of<T> {
    using list = codec_list<bytes_codec<T>, text_codec<T>>;
};

/// A payload is what it is, of any MIME type.
template <>
struct codecs_of<payload> {
    using list = codec_list<>;
};

namespace detail {

using mime_types = std::span<const std::string_view>;

/// Throws what a payload fails with that does not decode, from within a handler of what its codec threw:
/// `errc::malformed` with its text, or `rsocket::errc::invalid` of a request.
[[noreturn]] void rethrow_undecodable(std::string_view type, bool of_request);
/// Which of `types` this is. Throws `errc::unencodable`.
std::size_t index_of(mime_types types, std::string_view type);

template <class List>
struct codecs_in;
template <class... Codecs>
struct codecs_in<codec_list<Codecs...>> {
    static constexpr std::array<std::string_view, sizeof...(Codecs)> types{Codecs::mime_type...};
    using tuple = std::tuple<Codecs...>;
};
template <class T>
using codecs = codecs_in<typename codecs_of<T>::list>;

/// Calls `fn` with the codec of this index.
template <class R, std::size_t I = 0, class Tuple, class Fn>
R with_codec(Tuple& all, std::size_t index, Fn&& fn) {
    if constexpr (I + 1 < std::tuple_size_v<Tuple>)
        if (index != I)
            return with_codec<R, I + 1>(all, index, std::forward<Fn>(fn));
    return fn(std::get<I>(all));
}

/// All the data as one item.
template <class Codec>
auto decode_whole(Codec& codec, std::string_view data) {
    auto item = codec.decode(data);
    if constexpr (requires { codec.decode_end(data); })
        if (!item)
            item = codec.decode_end(data);
    if (!item)
        io::throw_codec_error(streamx::errc::truncated, "the data is cut short");
    if (!data.empty())
        io::throw_codec_error(streamx::errc::malformed, "there is data behind the item");
    return *std::move(item);
}

template <class Codec, class T>
std::string encode_whole(Codec& codec, T&& item) {
    if constexpr (requires {
                      { codec.encode(std::forward<T>(item)) } -> std::convertible_to<std::string>;
                  }) {
        return codec.encode(std::forward<T>(item));
    } else {
        io::write_buffer out;
        codec.encode(std::forward<T>(item), out);
        return out.to_string();
    }
}

/// Makes values of payloads, with one of the type's codecs.
template <class T>
class decoder {
public:
    explicit decoder(std::size_t index, bool of_request = false)
        : index_(index), of_request_(of_request) {}

    T operator()(payload&& p) {
        if constexpr (std::same_as<T, payload>) {
            return std::move(p);
        } else {
            try {
                return with_codec<T>(
                    codecs_, index_, [&](auto& codec) -> T { return decode_whole(codec, p.data); });
            } catch (...) {
                rethrow_undecodable(codecs<T>::types[index_], of_request_);
            }
        }
    }

    void use(std::size_t index) noexcept { index_ = index; }

private:
    [[no_unique_address]] typename codecs<T>::tuple codecs_;
    std::size_t index_;
    bool of_request_;
};

/// Makes payloads of values, with one of the type's codecs. What is left of `label` goes as metadata with
/// the first.
template <class T>
class encoder {
public:
    explicit encoder(std::size_t index, std::optional<std::string> label = {})
        : index_(index), label_(std::move(label)) {}

    template <class U>
    payload operator()(U&& item) {
        if constexpr (std::same_as<T, payload>) {
            return std::forward<U>(item);
        } else {
            return payload(
                with_codec<std::string>(
                    codecs_,
                    index_,
                    [&](auto& codec) { return encode_whole(codec, std::forward<U>(item)); }),
                std::exchange(label_, {}));
        }
    }

private:
    [[no_unique_address]] typename codecs<T>::tuple codecs_;
    std::size_t index_;
    std::optional<std::string> label_;
};

} // namespace detail

/// A payload of this value, as the given MIME type or as the one that its type prefers: what is put into a
/// broadcast for `server::publish`, say. Throws `errc::unencodable` if the type has no codec for that, and
/// what its codec throws.
template <class T>
payload to_payload(const T& value, std::string_view type = {}) {
    return detail::encoder<T>(type.empty() ? 0 : detail::index_of(detail::codecs<T>::types, type))(
        value);
}

/// The value in a payload of this MIME type. Throws `errc::unencodable` if the type has no codec for that,
/// `errc::malformed` or what its codec says of bad data.
template <class T>
T from_payload(payload p, std::string_view type) {
    return detail::decoder<T>(detail::index_of(detail::codecs<T>::types, type))(std::move(p));
}

} // namespace streamx::rsocket
