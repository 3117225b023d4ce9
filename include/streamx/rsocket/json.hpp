#pragma once

#include <streamx/io/detail/json_text.hpp>
#include <streamx/rsocket/codecs.hpp>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::rsocket {

/// "application/json": a JSON text as any type that Boost.JSON's `value_to` and `value_from` know;
/// `boost::json::value` takes all. Who answers only needs `value_from`, who asks only `value_to`.
///
/// Who includes this header links Boost.JSON (`Boost::json`).
template <class T>
struct json_codec {
    using value_type = T;
    static constexpr std::string_view mime_type = mime::json;

    std::optional<T> decode(std::string_view& in) const {
        return io::detail::from_json<T>(std::exchange(in, {}), streamx::errc::malformed, "json");
    }
    std::string encode(const T& item) const { return io::detail::to_json(item); }
};

/// What Boost.JSON knows, and is not bytes, is JSON.
template <class T>
    requires(
        (boost::json::has_value_to<T>::value || boost::json::has_value_from<T>::value) &&
        !io::detail::byte_item<T>)
struct codecs_of<T> {
    using list = codec_list<json_codec<T>>;
};

} // namespace streamx::rsocket
