#include <streamx/io/detail/websocket_codec.hpp>

#include <streamx/core/error.hpp>

#include "deflate.hpp"
#include "utf8.hpp"

#include <boost/system/system_error.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace streamx::io::detail {
namespace {

constexpr std::uint8_t fin_bit = 0x80, rsv1_bit = 0x40, rsv_bits = 0x70, opcode_bits = 0x0f;
constexpr std::uint8_t mask_bit = 0x80, length_bits = 0x7f;
constexpr std::size_t most_of_control = 125;

[[noreturn]] void bad(close_code why) { throw boost::system::system_error(why, "websocket"); }

/// A key that nobody foresees (RFC 6455, section 10.3); asking for one at a time would be slow.
std::uint32_t next_mask() {
    thread_local std::array<std::uint32_t, 256> keys;
    thread_local std::size_t used = keys.size();
    if (used == keys.size()) {
        if (RAND_bytes(reinterpret_cast<unsigned char*>(keys.data()), sizeof keys) != 1)
            throw boost::system::system_error(
                boost::system::errc::make_error_code(
                    boost::system::errc::resource_unavailable_try_again),
                "websocket: no random numbers");
        used = 0;
    }
    return keys[used++];
}

std::uint64_t twice(std::uint32_t key) { return std::uint64_t{key} << 32 | key; }

/// The key as it is `phase` bytes further on.
std::uint64_t rotated(std::uint64_t key, std::size_t phase) {
    const auto shift = static_cast<int>(phase % 4 * 8);
    return std::endian::native == std::endian::little ? std::rotr(key, shift)
                                                      : std::rotl(key, shift);
}

/// Copies `size` bytes, masked or unmasked; the key lies in memory as it came over the wire, twice. Without
/// one they stay as they are.
void copy_masked(const char* from, char* to, std::size_t size, std::uint64_t key) {
    if (size == 0)
        return;
    if (key == 0) {
        std::memcpy(to, from, size);
        return;
    }
    const auto whole = size - size % sizeof key;
    for (std::size_t i = 0; i != whole; i += sizeof key) {
        std::uint64_t word = 0;
        std::memcpy(&word, from + i, sizeof word);
        word ^= key;
        std::memcpy(to + i, &word, sizeof word);
    }
    char bytes[sizeof key];
    std::memcpy(bytes, &key, sizeof key);
    for (std::size_t i = whole; i != size; ++i)
        to[i] = static_cast<char>(from[i] ^ bytes[i - whole]);
}

void put_number(char* to, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = 0; i != bytes; ++i)
        to[i] = static_cast<char>(number >> (8 * (bytes - 1 - i)));
}

std::uint64_t number_of(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char c : bytes)
        number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

void write_frame(
    websocket_role role, std::uint8_t first, const websocket_pieces& payload, write_buffer& out) {
    const std::uint8_t masked = role == websocket_role::client ? mask_bit : 0;
    const auto size = boost::asio::buffer_size(payload.data);
    const std::size_t extended = size <= 125 ? 0 : size <= 0xffff ? 2 : 8;
    const std::size_t head = 2 + extended + (masked ? 4 : 0);
    char* to = out.extend(head + size);
    to[0] = static_cast<char>(first);
    to[1] = static_cast<char>(masked | (extended == 0 ? size : extended == 2 ? 126 : 127));
    put_number(to + 2, size, extended);
    std::uint32_t key = 0;
    if (masked) {
        key = next_mask();
        std::memcpy(to + 2 + extended, &key, sizeof key);
    }
    std::size_t done = 0;
    for (const auto& piece : payload.data) {
        copy_masked(
            static_cast<const char*>(piece.data()),
            to + head + done,
            piece.size(),
            rotated(twice(key), done));
        done += piece.size();
    }
}

/// Whether a peer may send this code (RFC 6455, section 7.4).
bool may_be_sent(std::uint64_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

} // namespace

websocket_encoder::websocket_encoder(websocket_role role, bool compress)
    : role_(role), deflater_(compress ? std::make_unique<deflater>() : nullptr) {}
websocket_encoder::websocket_encoder(websocket_encoder&&) noexcept = default;
websocket_encoder::~websocket_encoder() = default;

void websocket_encoder::encode(const websocket_message& item, write_buffer& out) {
    if (!item.binary && !is_utf8(item.data))
        throw boost::system::system_error(
            errc::unencodable, "websocket: a text message is not UTF-8");
    const boost::asio::const_buffer all(item.data.data(), item.data.size());
    encode(
        item.binary ? websocket_opcode::binary : websocket_opcode::text,
        websocket_pieces{{&all, 1}},
        out);
}

void websocket_encoder::encode(const websocket_pieces& item, write_buffer& out) {
    encode(websocket_opcode::binary, item, out);
}

void websocket_encoder::encode(
    websocket_opcode what, const websocket_pieces& item, write_buffer& out) {
    const auto first = static_cast<std::uint8_t>(fin_bit | static_cast<std::uint8_t>(what));
    if (!deflater_)
        return write_frame(role_, first, item, out);
    std::string whole(boost::asio::buffer_size(item.data), '\0');
    boost::asio::buffer_copy(boost::asio::buffer(whole), item.data);
    const auto small = deflater_->compress(whole);
    const boost::asio::const_buffer all(small.data(), small.size());
    write_frame(role_, static_cast<std::uint8_t>(first | rsv1_bit), {{&all, 1}}, out);
}

void websocket_encoder::write(
    websocket_role role, websocket_opcode what, std::string_view payload, write_buffer& out) {
    const auto some = payload.substr(0, most_of_control);
    const boost::asio::const_buffer all(some.data(), some.size());
    write_frame(
        role,
        static_cast<std::uint8_t>(fin_bit | static_cast<std::uint8_t>(what)),
        {{&all, 1}},
        out);
}

websocket_decoder::websocket_decoder(websocket_role role, std::size_t limit, bool compressed)
    : role_(role), limit_(limit), inflater_(compressed ? std::make_unique<inflater>() : nullptr) {}
websocket_decoder::websocket_decoder(websocket_decoder&&) noexcept = default;
websocket_decoder::~websocket_decoder() = default;

std::optional<websocket_decoder::event>
websocket_decoder::decode(std::string_view& in, boost::asio::mutable_buffer* into) {
    for (;;) {
        if (!in_frame_ && !read_head(in))
            return {};
        read_payload(in, into);
        if (left_ != 0)
            return {};
        in_frame_ = false;
        if (auto e = frame_done())
            return e;
    }
}

bool websocket_decoder::read_head(std::string_view& in) {
    if (in.size() < 2)
        return false;
    const auto first = static_cast<std::uint8_t>(in[0]);
    const auto second = static_cast<std::uint8_t>(in[1]);
    const bool masked = (second & mask_bit) != 0;
    const auto opcode = static_cast<std::uint8_t>(first & opcode_bits);
    const bool control = opcode >= 8;
    const std::size_t length = second & length_bits;

    // Section 5.2 to 5.5: whatever does not fit is seen before anything is waited for.
    if (masked != (role_ == websocket_role::server) || opcode > 10 || (opcode > 2 && opcode < 8))
        bad(close_code::protocol_error);
    if (control && ((first & fin_bit) == 0 || length > most_of_control))
        bad(close_code::protocol_error);
    const auto rsv = first & rsv_bits;
    const bool starts = opcode == 1 || opcode == 2;
    if (rsv != 0 && !(rsv == rsv1_bit && inflater_ && starts))
        bad(close_code::protocol_error);
    if ((starts && in_message_) || (opcode == 0 && !in_message_))
        bad(close_code::protocol_error);

    const std::size_t extended = length < 126 ? 0 : length == 126 ? 2 : 8;
    const std::size_t head = 2 + extended + (masked ? 4 : 0);
    if (in.size() < head)
        return false;
    left_ = extended == 0 ? length : number_of(in.substr(2, extended));
    if ((extended == 2 && left_ < 126) || (extended == 8 && left_ <= 0xffff) || left_ >> 63 != 0)
        bad(close_code::protocol_error); // not the shortest form
    if (!control && left_ > room())
        bad(close_code::too_big);
    std::uint32_t key = 0;
    if (masked)
        std::memcpy(&key, in.data() + 2 + extended, sizeof key);
    mask_ = twice(key);
    phase_ = 0;
    in.remove_prefix(head);

    opcode_ = static_cast<websocket_opcode>(opcode);
    control_ = control;
    final_ = (first & fin_bit) != 0;
    in_frame_ = true;
    if (starts) {
        in_message_ = true;
        kind_ = opcode_;
        deflated_ = rsv == rsv1_bit;
    }
    return true;
}

std::size_t websocket_decoder::room() const noexcept {
    return limit_ - std::min(limit_, message_.size() + passed_on_);
}

void websocket_decoder::read_payload(std::string_view& in, boost::asio::mutable_buffer* into) {
    auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
    const auto key = rotated(mask_, phase_);
    auto& to = control_ ? control_payload_ : message_;
    if (into && !control_ && kind_ == websocket_opcode::binary && !deflated_ && message_.empty()) {
        n = std::min(n, into->size());
        copy_masked(in.data(), static_cast<char*>(into->data()), n, key);
        *into += n;
        passed_on_ += n;
    } else if (mask_ == 0) {
        to.append(in.substr(0, n));
    } else {
        const auto before = to.size();
        to.resize(before + n);
        copy_masked(in.data(), to.data() + before, n, key);
    }
    phase_ = static_cast<unsigned>((phase_ + n) % 4);
    in.remove_prefix(n);
    left_ -= n;
}

std::optional<websocket_decoder::event> websocket_decoder::frame_done() {
    if (control_)
        return control_done();
    if (!final_)
        return {};
    return message_done();
}

websocket_decoder::event websocket_decoder::control_done() {
    event e{opcode_, std::exchange(control_payload_, {})};
    if (opcode_ != websocket_opcode::close || e.data.empty())
        return e;
    const auto code = e.data.size() < 2 ? 0 : number_of(std::string_view(e.data).substr(0, 2));
    if (!may_be_sent(code))
        bad(close_code::protocol_error);
    e.data.erase(0, 2);
    if (!is_utf8(e.data))
        bad(close_code::bad_payload);
    e.code = static_cast<close_code>(code);
    return e;
}

websocket_decoder::event websocket_decoder::message_done() {
    in_message_ = false;
    passed_on_ = 0;
    event e{kind_, std::exchange(message_, {})};
    if (deflated_)
        e.data = inflater_->expand(e.data, limit_);
    if (kind_ == websocket_opcode::text && !is_utf8(e.data))
        bad(close_code::bad_payload);
    return e;
}

} // namespace streamx::io::detail
