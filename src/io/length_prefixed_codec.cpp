#include <streamx/io/length_prefixed_codec.hpp>

#include <limits>
#include <stdexcept>

namespace streamx::io::detail {
namespace {

constexpr unsigned most_varint_bytes = 10;

} // namespace

length_reader::length_reader(length_prefix form, std::size_t limit)
    : form_(form), limit_(limit),
      plain_(form.width == 4 && form.offset == 0 && form.adjustment == 0 && limit >= 4) {
    if (form.width > 8)
        throw std::invalid_argument("length_prefixed: the length has 1 to 8 bytes, or is a varint");
    if (form.keep_head && form.width == length_prefix::varint)
        throw std::invalid_argument("length_prefixed: keep_head needs a length of fixed width");
    if (form.order != std::endian::big && form.order != std::endian::little)
        throw std::invalid_argument("length_prefixed: the order is big or little endian");
}

void length_reader::too_long() { throw_codec_error(errc::frame_too_long, "length_prefixed"); }

std::optional<frame_extent> length_reader::read_any(std::string_view in) const {
    if (form_.offset >= limit_)
        too_long();
    if (in.size() <= form_.offset)
        return {};
    const auto field = in.substr(form_.offset);
    std::uint64_t length = 0;
    std::size_t width = form_.width;
    if (width == length_prefix::varint) {
        for (;; ++width) {
            if (width == field.size())
                return {};
            const auto byte = static_cast<unsigned char>(field[width]);
            if (width == most_varint_bytes - 1 && byte > 1)
                throw_codec_error(
                    errc::malformed, "length_prefixed: a varint of more than 64 bits");
            length |= std::uint64_t{byte & 0x7fu} << (7 * width);
            if (byte < 0x80)
                break;
        }
        ++width;
    } else {
        if (field.size() < width)
            return {};
        for (std::size_t i = 0; i != width; ++i) {
            const auto at = form_.order == std::endian::big ? i : width - 1 - i;
            length = length << 8 | static_cast<unsigned char>(field[at]);
        }
    }
    const auto head = form_.offset + width;
    // Compared so that nothing can overflow, whatever the peer has sent.
    const auto grown = static_cast<std::uint64_t>(form_.adjustment);
    if (form_.adjustment < 0 && length < -grown)
        throw_codec_error(errc::malformed, "length_prefixed: the length is too small");
    if (form_.adjustment > 0 && length > std::numeric_limits<std::uint64_t>::max() - grown)
        too_long();
    const auto payload = length + grown;
    if (head > limit_ || payload > limit_ - head)
        too_long();
    return frame_extent{head, static_cast<std::size_t>(payload)};
}

std::uint64_t length_reader::length_for(std::size_t payload) const {
    const auto grown = static_cast<std::uint64_t>(form_.adjustment);
    if (form_.adjustment > 0 && payload < grown)
        throw_codec_error(errc::unencodable, "length_prefixed: the length would be negative");
    const auto length = payload - grown;
    if (form_.width != length_prefix::varint && form_.width < 8 && length >> (8 * form_.width) != 0)
        throw_codec_error(errc::unencodable, "length_prefixed: the length does not fit its bytes");
    return length;
}

void length_reader::put(std::uint64_t length, char* to) const {
    for (unsigned i = 0; i != form_.width; ++i) {
        const auto at = form_.order == std::endian::little ? i : form_.width - 1 - i;
        to[at] = static_cast<char>(length >> (8 * i));
    }
}

void length_reader::write_any(std::size_t payload, write_buffer& out) const {
    auto length = length_for(payload);
    char field[most_varint_bytes];
    std::size_t width = form_.width;
    if (width == length_prefix::varint) {
        for (; length >= 0x80; length >>= 7)
            field[width++] = static_cast<char>(length | 0x80);
        field[width++] = static_cast<char>(length);
    } else {
        put(length, field);
    }
    const auto head = form_.offset + width;
    if (head > limit_ || payload > limit_ - head)
        too_long();
    char* to = out.extend(head);
    std::memset(to, 0, form_.offset);
    std::memcpy(to + form_.offset, field, width);
}

void length_reader::write_whole(std::string_view frame, write_buffer& out) const {
    const auto head = form_.offset + form_.width;
    if (frame.size() < head)
        throw_codec_error(errc::unencodable, "length_prefixed: the frame is shorter than its head");
    if (frame.size() > limit_)
        too_long();
    const auto length = length_for(frame.size() - head);
    char* to = out.extend(frame.size());
    std::memcpy(to, frame.data(), frame.size());
    put(length, to + form_.offset);
}

} // namespace streamx::io::detail
