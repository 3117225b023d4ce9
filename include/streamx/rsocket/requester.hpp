#pragma once

#include <streamx/core/any_stream.hpp>
#include <streamx/core/asio.hpp>
#include <streamx/core/detail/driver.hpp>
#include <streamx/core/detail/initiate.hpp>
#include <streamx/core/error.hpp>
#include <streamx/rsocket/codecs.hpp>
#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/rsocket/payload_stream.hpp>
#include <streamx/rsocket/typed_stream.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace streamx::rsocket {

/// Where a request goes: a route, or `request_metadata` that says more.
class target {
public:
    target(request_metadata metadata) : metadata_(std::move(metadata)) {}
    template <class S>
        requires std::constructible_from<std::string, S>
    target(S&& route) {
        metadata_.route = std::string(std::forward<S>(route));
    }

    request_metadata& metadata() noexcept { return metadata_; }

private:
    request_metadata metadata_;
};

namespace detail {

enum class interaction { response, stream, channel, forget };

/// What makes requests on one connection.
class requester_core {
public:
    virtual ~requester_core() = default;
    /// The metadata of the payload, unless it has some, is what `to` says.
    virtual std::shared_ptr<inbox> request(
        interaction what,
        request_metadata&& to,
        payload&& message,
        any_stream<payload>&& items) = 0;
    virtual std::shared_ptr<inbox> metadata_push(std::string metadata) = 0;
    /// Of the data where a request says nothing else.
    virtual const std::string& data_type() const noexcept = 0;
    /// What comes of a request that was not even made.
    std::shared_ptr<inbox> not_made(std::exception_ptr why) const;

    asio::any_io_executor executor;
};

/// Which codec writes the request's data: `to` says so to the peer where it is not that of the connection.
std::size_t choose_question(request_metadata& to, mime_types types, std::string_view connections);
/// Which codec is to read the answers that say nothing else of themselves: `to` asks the peer for it.
std::size_t choose_answer(request_metadata& to, mime_types types, std::string_view connections);

/// What a request's data is kept as: literals and views as a string of their own.
template <class Q>
using question_t = std::
    conditional_t<std::convertible_to<const Q&, std::string_view>, std::string, std::decay_t<Q>>;

/// The one answer of a request-response.
template <class T>
struct response_step {
    static_assert(
        std::default_initializable<T>,
        "async_request_response<T>: a failed one completes with a T(), so T has to have one");

    bool operator()(T&& item) {
        answer = std::move(item);
        return false;
    }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        if (!failure && !answer)
            failure = make_failure(streamx::errc::no_item, "rsocket: a response without a payload");
        std::move(handler)(std::move(failure), answer ? *std::move(answer) : T());
    }

    std::optional<T> answer;
};

/// What has no answer: done when it is on its way.
struct sent_step {
    bool operator()(payload&&) { return true; }
    template <class Handler>
    void finish(Handler handler, std::exception_ptr failure) {
        std::move(handler)(to_error_code(failure));
    }
};

/// Makes a request when its operation is initiated, and drives what comes of it.
template <class Step, class Begin>
struct initiate_request {
    template <class Handler>
    void operator()(Handler handler, Begin begin) const {
        using stream = std::invoke_result_t<Begin&>;
        streamx::detail::drive_op<stream, Step, Handler>::start(
            streamx::detail::passed<stream>{begin()}, Step(), std::move(handler));
    }
};

} // namespace detail

/// Makes the requests of one end of a connection: of a client, which is one, or of a server, whose handlers
/// and `on_connect` get one, to the client at the other end. A copy makes its requests on the same
/// connection, and does not keep it open: what is asked after its end fails with `errc::closed`.
///
/// A request goes to a `target`: a route, or `request_metadata` that says more. The metadata is composite,
/// unless the connection was set up otherwise; then what has no place in it fails the request with
/// `errc::unencodable`. A `payload` that has metadata of its own is sent as it is.
///
/// With a type, `request_stream<quote>(...)`, answers are values, and so may the request's data be: the
/// codecs of their types (`codecs_of`) write and read them. The MIME types of the data and of the answers
/// are those of the connection if the codecs have them; else the request says what its data is and what
/// answers it accepts ("Per Stream Data MIME Types"). `request_metadata::data_type` and `accepted_types`
/// say otherwise. What cannot be written, or said, fails the request; what does not decode fails its
/// stream, see `typed_stream`.
///
/// All of it is used from the connection's executor.
class requester {
public:
    using executor_type = asio::any_io_executor;

    /// One whose requests may not be made.
    requester() = default;
    explicit requester(std::shared_ptr<detail::requester_core> core) noexcept
        : core_(std::move(core)) {}

    /// Whether requests may be made.
    explicit operator bool() const noexcept { return core_ != nullptr; }
    executor_type get_executor() const { return core_->executor; }

    /// The stream that answers a request. It is asked for at once.
    payload_stream request_stream(target to, payload message = {}) const {
        return ask<payload>(detail::interaction::stream, to, [&](request_metadata&) {
            return parts{std::move(message), {}};
        });
    }
    /// @copydoc request_stream
    template <class T, class Q = payload>
    stream_of<T> request_stream(target to, const Q& query = {}) const {
        return ask<T>(detail::interaction::stream, to, [&](request_metadata& m) {
            return parts{written(m, detail::question_t<Q>(query)), {}};
        });
    }

    /// A stream each way. The request is made with the first item of `items`; if there is none, nothing
    /// is sent and the answer is empty. `items` is pulled on the connection's executor as the peer grants
    /// credit. When it fails, the peer is told and the answer fails with the same.
    payload_stream request_channel(target to, any_stream<payload> items) const {
        return ask<payload>(detail::interaction::channel, to, [&](request_metadata&) {
            return parts{{}, std::move(items)};
        });
    }
    /// @copydoc request_channel
    template <class T, async_stream S>
    stream_of<T> request_channel(target to, S items) const {
        using item = item_t<S>;
        return ask<T>(detail::interaction::channel, to, [&](request_metadata& m) {
            const auto how = question<item>(m);
            return parts{{}, detail::encoded<item>(std::move(items), detail::encoder<item>(how))};
        });
    }

    /// Asks for one payload.
    /// @completes `void(std::exception_ptr, payload)` on the handler's associated executor, the
    ///            connection's by default; never inside this call
    /// @errors  what the peer fails it with, in the category of `rsocket::errc` with its text;
    ///          `errc::no_item` if it completes without a payload; `operation_aborted` when cancelled;
    ///          what the connection was lost by; `errc::unencodable`, `errc::malformed`
    /// @cancels total, partial, terminal; the peer is told
    /// @threads from the connection's executor
    template <class Token>
    auto async_request_response(target to, payload message, Token&& token) const {
        return async_request_response<payload>(
            std::move(to), std::move(message), std::forward<Token>(token));
    }
    /// The same with a value, `void(std::exception_ptr, T)`.
    /// @copydoc async_request_response
    template <class T, class Q, class Token>
    auto async_request_response(target to, Q question, Token&& token) const {
        return initiate<void(std::exception_ptr, T), detail::response_step<T>>(
            [self = *this,
             to = std::move(to),
             data = detail::question_t<Q>(std::move(question))]() mutable {
                return self.ask<T>(detail::interaction::response, to, [&](request_metadata& m) {
                    return parts{self.written(m, std::move(data)), {}};
                });
            },
            std::forward<Token>(token));
    }

    /// Sends a request that has no answer.
    /// @completes `void(error_code)` on the handler's associated executor, the connection's by default,
    ///            when it is on its way; never inside this call
    /// @errors  what the connection was lost by; `errc::closed`; `errc::unencodable`;
    ///          `operation_aborted` when cancelled
    /// @cancels total, partial, terminal; it may have been sent, or is not
    /// @threads from the connection's executor
    template <class Q, class Token>
    auto async_fire_and_forget(target to, Q message, Token&& token) const {
        return initiate<void(error_code), detail::sent_step>(
            [self = *this,
             to = std::move(to),
             data = detail::question_t<Q>(std::move(message))]() mutable {
                return self.ask<payload>(detail::interaction::forget, to, [&](request_metadata& m) {
                    return parts{self.written(m, std::move(data)), {}};
                });
            },
            std::forward<Token>(token));
    }

    /// Sends metadata of the connection.
    /// @copydoc async_fire_and_forget
    template <class Token>
    auto async_metadata_push(std::string metadata, Token&& token) const {
        return initiate<void(error_code), detail::sent_step>(
            [core = core_, metadata = std::move(metadata)]() mutable {
                return payload_stream(core->metadata_push(std::move(metadata)));
            },
            std::forward<Token>(token));
    }

private:
    using inbox_ptr = std::shared_ptr<detail::inbox>;

    template <class Signature, class Step, class Begin, class Token>
    static auto initiate(Begin begin, Token&& token) {
        return streamx::detail::initiate<Signature>(
            detail::initiate_request<Step, Begin>(), std::forward<Token>(token), std::move(begin));
    }

    /// What a request is made of.
    struct parts {
        payload first;
        any_stream<payload> items;
    };

    /// Makes a request of what `write` makes of it. Whatever is in the way of that is what its stream fails
    /// with.
    template <class T, class Write>
    stream_of<T> ask(detail::interaction what, target& to, Write write) const {
        constexpr bool typed = !std::same_as<T, payload>;
        std::size_t how = 0;
        inbox_ptr items;
        try {
            auto& m = to.metadata();
            auto p = write(m);
            if constexpr (typed)
                how = detail::choose_answer(m, detail::codecs<T>::types, core_->data_type());
            items = core_->request(what, std::move(m), std::move(p.first), std::move(p.items));
        } catch (...) {
            items = core_->not_made(std::current_exception());
        }
        if constexpr (typed)
            return {payload_stream(std::move(items)), detail::decoder<T>(how), true};
        else
            return payload_stream(std::move(items));
    }

    /// Which codec writes it.
    template <class Q>
    std::size_t question(request_metadata& to) const {
        if constexpr (std::same_as<Q, payload>)
            return 0;
        else
            return detail::choose_question(to, detail::codecs<Q>::types, core_->data_type());
    }

    template <class Q>
    payload written(request_metadata& to, Q&& value) const {
        using type = std::remove_cvref_t<Q>;
        return detail::encoder<type>(question<type>(to))(std::forward<Q>(value));
    }

    std::shared_ptr<detail::requester_core> core_;
};

} // namespace streamx::rsocket
