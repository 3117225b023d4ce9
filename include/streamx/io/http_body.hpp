#pragma once

#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/io/chunked_codec.hpp>
#include <streamx/io/codec.hpp>
#include <streamx/io/detail/http_peer.hpp>
#include <streamx/io/detail/http_watch.hpp>
#include <streamx/io/endpoint_limits.hpp>
#include <streamx/io/framed_sink.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace streamx::io {

namespace detail {

class http_parser;

/// A message whose head has been read.
struct http_message_state {
    http_message_state(http_peer p, std::unique_ptr<http_parser> parser);
    ~http_message_state();

    /// What has come of the body; `end` after all of it. Throws.
    poll<std::string> piece();

    http_peer peer;
    std::unique_ptr<http_parser> parser;
    std::weak_ptr<const void> server; // who goes on with the connection, as long as it is there
};

/// What a response's body is written with.
struct http_body_start {
    http_peer peer; // may have nothing to read from, if the request's body is still to come
    std::string head;
    http_body_form form;
    std::weak_ptr<const void> server;
};

/// A response's body that is being written, for who goes on with the connection.
struct http_body_written {
    std::shared_ptr<http_watch> watch;
    std::shared_ptr<outbox<transport>> out;
};

} // namespace detail

class http_exchange;

/// The body of an HTTP request or response as it comes: pieces of any size, however it is transferred.
/// What is not asked for is not read, and so TCP holds up who sends it.
///
/// Fails with `errc::truncated` when the connection ends in its middle, `errc::malformed`,
/// `errc::idle_timeout`; `errc::closed` after `events` or `upgrade`, which hand the connection on.
class [[nodiscard]] http_body_stream : public stream_interface<http_body_stream> {
public:
    using value_type = std::string;
    using executor_type = asio::any_io_executor;

    /// Made by `http_exchange`.
    explicit http_body_stream(std::shared_ptr<detail::http_message_state> m) noexcept
        : executor_(m->peer.shared->get_executor()), message_(std::move(m)) {}

    executor_type get_executor() const noexcept { return executor_; }
    poll<std::string> try_next() { return message_->piece(); }

    /// Waits until more has come.
    /// @completes `void(error_code)` on the handler's associated executor, the connection's by default;
    ///            never inside this call
    /// @errors  `operation_aborted`: cancelled; `errc::operation_in_progress`: another wait is
    ///          outstanding, which is not disturbed
    /// @cancels total, partial, terminal; nothing is lost
    /// @threads from the connection's executor
    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        using executor_type = http_body_stream::executor_type;
        executor_type get_executor() const noexcept { return self->get_executor(); }
        template <class Handler>
        void operator()(Handler handler) const {
            if (const auto& in = self->message_->peer.in; in.get())
                in->async_wait(std::move(handler));
            else
                streamx::detail::async_ready(std::move(handler), self->executor_);
        }
        http_body_stream* self;
    };

    executor_type executor_;
    streamx::detail::own_ptr<detail::http_message_state> message_;
};

/// The items that a decoder finds in an HTTP body: `http_items<line_codec>(body)`.
template <decoder Codec>
class [[nodiscard]] http_items_stream : public stream_interface<http_items_stream<Codec>> {
public:
    using value_type = typename Codec::value_type;
    using executor_type = asio::any_io_executor;

    http_items_stream(http_body_stream body, Codec codec, std::size_t limit)
        : body_(std::move(body)), codec_(std::move(codec)), limit_(limit) {}

    executor_type get_executor() const noexcept { return body_.get_executor(); }

    poll<value_type> try_next() {
        for (;;) {
            std::string_view in(bytes_);
            in.remove_prefix(used_);
            if (auto item = codec_.decode(in)) {
                used_ = bytes_.size() - in.size();
                return *std::move(item);
            }
            bytes_.erase(0, bytes_.size() - in.size());
            used_ = 0;
            if (ended_)
                return at_end();
            if constexpr (!requires { codec_.limit(); })
                if (bytes_.size() > limit_)
                    throw_codec_error(errc::frame_too_long, "http");
            auto piece = body_.try_next();
            if (piece.is_pending())
                return pending;
            if (piece)
                bytes_ += *piece;
            else
                ended_ = true;
        }
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return body_.async_wait(std::forward<Token>(token));
    }

private:
    poll<value_type> at_end() {
        if (bytes_.empty())
            return end;
        if constexpr (requires(std::string_view& in) { codec_.decode_end(in); }) {
            std::string_view in(bytes_);
            auto item = codec_.decode_end(in);
            bytes_.erase(0, bytes_.size() - in.size());
            if (item)
                return *std::move(item);
            if (bytes_.empty())
                return end;
        }
        throw_codec_error(errc::truncated, "http");
    }

    http_body_stream body_;
    Codec codec_;
    std::size_t limit_;
    std::string bytes_;
    std::size_t used_ = 0;
    bool ended_ = false;
};

template <decoder Codec>
[[nodiscard]] auto
http_items(http_body_stream body, Codec codec = Codec(), const endpoint_limits& limits = {}) {
    return http_items_stream<Codec>(std::move(body), std::move(codec), limits.frame);
}

/// A response's body as a sink: a `framed_sink` whose items are written as chunks.
///
/// Closing or destroying it ends the body; the connection goes on with the next request, if the client wants
/// it to (and speaks HTTP/1.1: to others the body is sent as it is, and its end is that of the connection).
/// Closing it with a failure breaks the connection off, so that the client sees that not all has come; when
/// it is destroyed by an exception the client sees it by the last chunk, which is missing. It is closed when
/// the client goes.
template <encoder Codec>
class [[nodiscard]] http_body_sink : public framed_sink<transport, chunked_codec<Codec>> {
    using base = framed_sink<transport, chunked_codec<Codec>>;

public:
    /// Made by `http_exchange`.
    http_body_sink(detail::http_body_start start, Codec codec)
        : base(start.peer.shared, chunked_codec<Codec>(std::move(codec), start.form)),
          watch_(std::make_shared<detail::http_watch>(
              std::move(start.peer.in), this->box()->shared_from_this())),
          form_(start.form), server_(std::move(start.server)) {
        this->box()->put([&](write_buffer& to) { to.append(start.head); });
        watch_->start();
    }
    http_body_sink(http_body_sink&&) noexcept = default;
    http_body_sink& operator=(http_body_sink&& other) noexcept {
        http_body_sink old(std::move(*this));
        base::operator=(std::move(other));
        watch_ = std::move(other.watch_);
        form_ = other.form_;
        server_ = std::move(other.server_);
        return *this;
    }
    ~http_body_sink() {
        if (!watch_)
            return;
        if (std::uncaught_exceptions() == exceptions_)
            close();
        watch_->stop();
        this->box()->close(form_ == http_body_form::plain ? ending::reset : ending::end);
    }

    void close() {
        if (!this->is_open())
            return;
        watch_->stop();
        if (form_ == http_body_form::chunked)
            this->box()->put(detail::write_last_chunk);
        this->box()->close(server_.expired() ? ending::end : ending::nothing);
    }
    void close(std::exception_ptr failure) {
        watch_->stop();
        base::close(std::move(failure));
    }

    /// Ends the body and waits until it is written.
    /// @completes `void(error_code)` on the handler's associated executor, the sink's by default; never
    ///            inside this call
    /// @errors  why the connection failed; `errc::write_stalled`; `errc::shutdown_timeout`;
    ///          `operation_aborted`: cancelled
    /// @cancels total, partial, terminal; closing goes on
    /// @threads from the sink's executor
    template <class Token>
    auto async_close(Token&& token) {
        close();
        return base::async_close(std::forward<Token>(token));
    }

private:
    friend class http_exchange;
    using ending = detail::outbox<transport>::ending;

    detail::http_body_written written() const { return {watch_, this->box()->shared_from_this()}; }

    std::shared_ptr<detail::http_watch> watch_;
    http_body_form form_;
    std::weak_ptr<const void> server_;
    int exceptions_ = std::uncaught_exceptions(); // more of them in the end: one destroys this
};

} // namespace streamx::io
