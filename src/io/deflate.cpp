#include "deflate.hpp"

#include <streamx/io/websocket_close.hpp>

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>

namespace streamx::io::detail {
namespace {

namespace zlib = boost::beast::zlib;

constexpr std::size_t piece = 16 * 1024;
constexpr std::string_view flushed("\x00\x00\xff\xff", 4); // what a sync flush ends with

[[noreturn]] void bad(close_code why) { throw boost::system::system_error(why, "websocket"); }

} // namespace

struct deflater::state {
    zlib::deflate_stream stream;
    std::array<char, piece> space;
};

deflater::deflater() : state_(std::make_unique<state>()) {}
deflater::~deflater() = default;

std::string deflater::compress(std::string_view message) {
    std::string out;
    zlib::z_params z;
    z.next_in = message.data();
    z.avail_in = message.size();
    state_->stream.reset();
    do {
        z.next_out = state_->space.data();
        z.avail_out = piece;
        boost::beast::error_code ec;
        state_->stream.write(z, zlib::Flush::sync, ec);
        if (ec && ec != zlib::error::need_buffers)
            throw boost::system::system_error(ec, "websocket: deflate");
        out.append(state_->space.data(), piece - z.avail_out);
    } while (z.avail_out == 0);
    if (out.ends_with(flushed))
        out.resize(out.size() - flushed.size());
    return out;
}

struct inflater::state {
    zlib::inflate_stream stream;
    std::array<char, piece> space;
};

inflater::inflater() : state_(std::make_unique<state>()) {}
inflater::~inflater() = default;

std::string inflater::expand(std::string_view compressed, std::size_t limit) {
    std::string in(compressed);
    in += flushed;
    std::string out;
    zlib::z_params z;
    z.next_in = in.data();
    z.avail_in = in.size();
    state_->stream.reset();
    for (;;) {
        z.next_out = state_->space.data();
        z.avail_out = piece;
        boost::beast::error_code ec;
        state_->stream.write(z, zlib::Flush::sync, ec);
        const auto got = piece - z.avail_out;
        if (got > limit - out.size())
            bad(close_code::too_big);
        out.append(state_->space.data(), got);
        if (ec == zlib::error::end_of_stream || ec == zlib::error::need_buffers)
            break;
        if (ec)
            bad(close_code::bad_payload);
        if (z.avail_in == 0 && z.avail_out != 0)
            break;
    }
    return out;
}

} // namespace streamx::io::detail
