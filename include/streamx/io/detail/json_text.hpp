#pragma once

#include <streamx/core/error.hpp>

#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/system/system_error.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace streamx::io::detail {

/// One JSON text as a `T`. `if_no_json` if it is none, `errc::malformed` if it is nothing that `value_to`
/// can make a `T` of; the message begins with `who`. What a `tag_invoke` of the user's throws comes as it is.
template <class T>
T from_json(std::string_view text, errc if_no_json, const std::string& who) {
    boost::system::error_code why;
    auto value = boost::json::parse(text, why);
    if (why)
        throw boost::system::system_error(if_no_json, who + ": " + why.message());
    if constexpr (std::same_as<T, boost::json::value>) {
        return value;
    } else {
        try {
            return boost::json::value_to<T>(value);
        } catch (const boost::system::system_error& e) {
            if (e.code().category() != make_error_code(boost::json::error::syntax).category())
                throw;
            throw boost::system::system_error(errc::malformed, who + ": " + e.code().message());
        }
    }
}

template <class T>
std::string to_json(const T& item) {
    if constexpr (std::same_as<T, boost::json::value>)
        return boost::json::serialize(item);
    else
        return boost::json::serialize(boost::json::value_from(item));
}

} // namespace streamx::io::detail
