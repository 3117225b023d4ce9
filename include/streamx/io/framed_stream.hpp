#pragma once

#include <streamx/core/detail/budget.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/codec.hpp>
#include <streamx/io/detail/connection.hpp>
#include <streamx/io/detail/half.hpp>
#include <streamx/io/detail/reader.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace streamx::io {

namespace detail {
template <class S, class Codec>
struct stream_access;
}

/// The items that a decoder finds in what is read from a stream of bytes. `S` is the type of that:
/// a value (owned) or a reference (borrowed).
///
/// There is one buffer a connection, and one read fills it with as many items as have come: these are
/// taken without another operation. Reading goes on only while somebody waits. Items that are views
/// are valid until the next pull.
///
/// The stream ends at the end of input, and fails with `errc::truncated` if that comes in the middle
/// of an item; with what the codec throws; with `errc::frame_too_long` when there is no item among
/// `endpoint_limits::frame` bytes (a codec with a `limit()` sees to that itself);
/// `errc::idle_timeout`; and with what a read fails with, such as `connection_reset`, after the items
/// that came before.
///
/// Everything happens on the executor of the stream of bytes. Destroying this stops reading, and closes
/// a stream that it owns alone.
template <class S, decoder Codec>
class [[nodiscard]] framed_stream : public stream_interface<framed_stream<S, Codec>> {
    using reader = detail::reader<S>;

public:
    using value_type = typename Codec::value_type;
    using executor_type = typename reader::executor_type;
    using next_layer_type = std::remove_reference_t<S>;

    /// Made by `framed`, `lines` and so on.
    framed_stream(const detail::connection_ptr<S>& c, Codec codec)
        : reader_(std::make_shared<reader>(c)), codec_(std::move(codec)) {}

    executor_type get_executor() const noexcept { return reader_->get_executor(); }
    /// The stream of bytes: to ask it something, not to read from it.
    next_layer_type& next_layer() const noexcept { return reader_->shared().stream; }

    poll<value_type> try_next() {
        std::string_view in = reader_->bytes();
        auto item = decode(in);
        reader_->remain(in);
        if (item) [[likely]]
            return *std::move(item);
        return nothing_found(in);
    }

    template <class Take>
    [[gnu::always_inline]] streamx::detail::halt each_ready(Take&& take) {
        for (unsigned left = streamx::detail::budget; left != 0; --left) {
            auto item = try_next();
            if (!item) [[unlikely]]
                return item.is_end() ? streamx::detail::halt::end : streamx::detail::halt::pending;
            if (!take(*std::move(item))) [[unlikely]]
                return streamx::detail::halt::asked;
        }
        return streamx::detail::halt::spent;
    }

    /// Waits until more has come.
    /// @completes `void(error_code)` on the handler's associated executor, the stream's by default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled, or this destroyed; `errc::operation_in_progress`:
    ///          another wait is outstanding, which is not disturbed
    /// @cancels total, partial, terminal; what a read under way still brings is kept for the next wait
    /// @threads from the stream's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return detail::async_wait_on_demand(*reader_, std::forward<Token>(token));
    }

    /// Nothing: also when the stream is over there is something to ask it, and to shut down.
    void release() noexcept {}

private:
    friend struct detail::stream_access<S, Codec>;

    std::optional<value_type> decode(std::string_view& in) {
        if constexpr (requires { codec_.decode(in, reader_->space()); })
            return codec_.decode(in, reader_->space());
        else
            return codec_.decode(in);
    }

    poll<value_type> nothing_found(std::string_view in) {
        if (!reader_->over()) {
            if constexpr (!requires { codec_.limit(); })
                if (in.size() > reader_->shared().limits.frame)
                    throw_codec_error(errc::frame_too_long, "framed");
            reader_->starve();
            return pending;
        }
        if (!reader_->ended())
            throw boost::system::system_error(reader_->error(), "read");
        if (!in.empty()) {
            if constexpr (requires { codec_.decode_end(in); }) {
                auto item = codec_.decode_end(in);
                reader_->remain(in);
                if (item)
                    return *std::move(item);
            }
            if (!in.empty())
                throw_codec_error(errc::truncated, "framed");
        }
        return end;
    }

    detail::half<reader> reader_;
    Codec codec_;
};

namespace detail {

/// For what works on the bytes behind a stream's back.
template <class S, class Codec>
struct stream_access {
    static detail::reader<S>& reader(framed_stream<S, Codec>& s) noexcept { return *s.reader_; }
};

/// A stream of items over a stream of bytes of its own.
template <class S, class Codec>
auto read_framed(S&& s, Codec codec, const endpoint_limits& limits) {
    return framed_stream<S, Codec>(
        std::make_shared<connection<S>>(std::forward<S>(s), limits), std::move(codec));
}

} // namespace detail
} // namespace streamx::io
