#pragma once

#include <streamx/core/any_stream.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/stream_interface.hpp>
#include <streamx/rsocket/codecs.hpp>
#include <streamx/rsocket/payload_stream.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace streamx::rsocket {

namespace detail {

/// The MIME type that an answer says to be of, if it is one of `types` or says nothing: else throws
/// `errc::malformed`.
std::optional<std::size_t> labelled(const payload& answer, mime_types types);

} // namespace detail

/// The items that the peer sends on one stream, as values: a `payload_stream`, each payload read by the
/// codec of its MIME type (`codecs_of`).
///
/// A payload that does not decode fails the stream with `errc::malformed` and what the codec says, where
/// the peer is told to stop; an item of a client's channel, with `rsocket::errc::invalid`, which a handler
/// that lets it through answers with. The connection and its other streams go on.
template <class T>
class [[nodiscard]] typed_stream : public stream_interface<typed_stream<T>> {
public:
    using value_type = T;
    using executor_type = asio::any_io_executor;

    typed_stream(payload_stream items, detail::decoder<T> decode, bool may_be_labelled)
        : items_(std::move(items)), decode_(std::move(decode)), may_be_labelled_(may_be_labelled) {}

    executor_type get_executor() const noexcept { return items_.get_executor(); }
    poll<T> try_next() {
        auto item = items_.try_next();
        if (!item)
            return item.template without_item<T>();
        if (std::exchange(may_be_labelled_, false) && item->metadata)
            if (const auto index = detail::labelled(*item, detail::codecs<T>::types))
                decode_.use(*index);
        return decode_(*std::move(item));
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return items_.async_wait(std::forward<Token>(token));
    }

private:
    payload_stream items_;
    detail::decoder<T> decode_;
    bool may_be_labelled_; // the next item, as the first, may say of which type they are
};

/// What a request for items of type `T` gives: payloads come as they are.
template <class T>
using stream_of = std::conditional_t<std::same_as<T, payload>, payload_stream, typed_stream<T>>;

namespace detail {

/// A stream's items, written as payloads.
template <async_stream Up, class T>
class encoded_stream : public stream_interface<encoded_stream<Up, T>> {
public:
    using value_type = payload;
    using executor_type = executor_t<Up>;

    encoded_stream(Up items, encoder<T> encode)
        : items_(std::move(items)), encode_(std::move(encode)) {}

    executor_type get_executor() const noexcept { return items_.get_executor(); }
    poll<payload> try_next() {
        auto item = items_.try_next();
        if (!item)
            return item.template without_item<payload>();
        return encode_(static_cast<T>(*std::move(item)));
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return items_.async_wait(std::forward<Token>(token));
    }

private:
    Up items_;
    encoder<T> encode_;
};

template <class T, async_stream S>
any_stream<payload> encoded(S items, encoder<T> how) {
    if constexpr (std::same_as<T, payload> && std::same_as<item_t<S>, payload>)
        return any_stream<payload>(std::move(items));
    else
        return any_stream<payload>(encoded_stream<S, T>(std::move(items), std::move(how)));
}

} // namespace detail

} // namespace streamx::rsocket
