#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace streamx::rsocket {

/// The MIME types of the extensions that are implemented here.
namespace mime {
inline constexpr std::string_view bytes = "application/octet-stream";
inline constexpr std::string_view text = "text/plain";
inline constexpr std::string_view json = "application/json";
inline constexpr std::string_view data_type = "message/x.rsocket.mime-type.v0";
inline constexpr std::string_view accepted_types = "message/x.rsocket.accept-mime-types.v0";
inline constexpr std::string_view authentication = "message/x.rsocket.authentication.v0";
inline constexpr std::string_view routing = "message/x.rsocket.routing.v0";
inline constexpr std::string_view composite = "message/x.rsocket.composite-metadata.v0";
/// W3C Trace Context, whose header is passed through under its own name.
inline constexpr std::string_view traceparent = "traceparent";
} // namespace mime

/// The number of a MIME type in "Well-known MIME Types", and back.
std::optional<std::uint8_t> well_known_id(std::string_view type) noexcept;
std::optional<std::string_view> well_known_type(std::uint8_t id) noexcept;

/// Whether two MIME types are the same but for their parameters ("; charset=utf-8") and letters' case.
bool same_type(std::string_view a, std::string_view b) noexcept;

/// The most pieces, tags or types that are written to or read from one piece of metadata: each takes
/// far more memory than the byte or four that a peer may send for it. Beyond it `errc::unencodable`
/// and `errc::malformed`.
inline constexpr std::size_t max_listed = 256;

/// One piece of composite metadata.
struct metadata_entry {
    std::string type;
    std::string content;

    friend bool operator==(const metadata_entry&, const metadata_entry&) = default;
};

/// "Composite Metadata": pieces in order, each of a MIME type. Throws `errc::unencodable` if a type is
/// empty or longer than 128 bytes, `errc::frame_too_long` if a piece is longer than 24 bits can say.
std::string encode_composite(const std::vector<metadata_entry>& entries);
/// Throws `errc::malformed` if it is cut short or has an unknown number for a type.
std::vector<metadata_entry> decode_composite(std::string_view bytes);

/// "Routing": tags of at most 255 bytes. Throws `errc::unencodable` beyond that.
std::string encode_routing(const std::vector<std::string>& tags);
std::vector<std::string> decode_routing(std::string_view bytes);

/// "Authentication": who says to be there. `simple` has a name and a password, `bearer` a token, any
/// other type its bytes as the token.
struct credentials {
    std::string type; ///< "simple", "bearer" or the name of another
    std::string name;
    std::string secret; ///< password or token
    friend bool operator==(const credentials&, const credentials&) = default;
};
std::string encode_credentials(const credentials& c);
credentials decode_credentials(std::string_view bytes);

/// "Per Stream Data MIME Types". A list for `accepted_types`, one for `data_type`.
std::string encode_mime_types(const std::vector<std::string>& types);
std::vector<std::string> decode_mime_types(std::string_view bytes);

/// Whether two secrets are the same, in a time that depends on nothing but the length of the first.
bool same_secret(std::string_view expected, std::string_view given) noexcept;

/// What the metadata of a request says, as far as it is known here.
struct request_metadata {
    std::string route;              ///< its first routing tag
    std::vector<std::string> tags;  ///< all of them
    std::optional<credentials> who; ///< of this request alone
    std::string data_type;          ///< of its data, if it differs from the connection's
    std::vector<std::string> accepted_types;
    std::string traceparent;            ///< W3C Trace Context, as it came
    std::vector<metadata_entry> others; ///< whatever else was there, untouched

    /// Written as composite metadata.
    std::string encode() const;
    /// Read from metadata of this MIME type: composite, routing, or any other, which is then the one
    /// entry of `others`. Throws `errc::malformed`.
    static request_metadata decode(std::string_view bytes, std::string_view type);
};

} // namespace streamx::rsocket
