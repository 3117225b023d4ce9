#pragma once

#include <streamx/core/any_stream.hpp>
#include <streamx/core/detail/changing_set.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/poll.hpp>
#include <streamx/core/stream_interface.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <utility>

namespace streamx {

namespace detail {
template <class K, class T>
class keyed_streams;

/// One of the streams of a `stream_map`, whose items carry its key.
template <class K, class T>
struct keyed_stream {
    using value_type = std::pair<K, T>;
    using executor_type = asio::any_io_executor;

    executor_type get_executor() const noexcept { return stream.get_executor(); }
    poll<value_type> try_next() {
        auto item = stream.try_next();
        if (item.is_end())
            owner->forget(key);
        return std::move(item).transform([this](T&& x) { return value_type(key, std::move(x)); });
    }
    template <class Token>
    auto async_wait(Token&& token) {
        return stream.async_wait(std::forward<Token>(token));
    }

    K key;
    any_stream<T> stream;
    keyed_streams<K, T>* owner;
};

template <class K, class T>
class keyed_streams final : public changing_set<keyed_stream<K, T>> {
    using set = changing_set<keyed_stream<K, T>>;

public:
    using value_type = std::pair<K, T>;

    void insert(K key, any_stream<T> stream) {
        erase(key);
        const auto at = places_.emplace(key, nullptr).first;
        try {
            at->second = &set::add({std::move(key), std::move(stream), this});
        } catch (...) {
            places_.erase(at);
            throw;
        }
        set::wake();
    }
    bool erase(const K& key) {
        const auto at = places_.find(key);
        if (at == places_.end())
            return false;
        set::erase(*at->second);
        places_.erase(at);
        set::wake(); // it may have been the last one
        return true;
    }
    bool contains(const K& key) const { return places_.contains(key); }
    void forget(const K& key) { places_.erase(key); }

    void close() {
        closed_ = true;
        set::wake();
    }
    bool is_closed() const noexcept { return closed_; }

    poll<value_type> try_next() {
        auto item = set::try_next();
        return item.is_pending() && over() ? poll<value_type>(end) : std::move(item);
    }

    template <class Executor, class Handler>
    static void async_wait(
        const std::shared_ptr<keyed_streams>& self, const Executor& fallback, Handler handler) {
        auto ex = executor_for(handler, fallback);
        set::begin_waits(self, ex);
        if (self->any() || self->over())
            self->wake();
        input_waits<1>::async_wait(self, ex, std::move(handler));
    }

private:
    bool over() const noexcept { return closed_ && set::size() == 0; }

    std::map<K, typename set::input*> places_;
    bool closed_ = false;
};
} // namespace detail

/// Merges streams that come and go, each known by its key: pairs of the key and an item, as they come,
/// fair round robin. One that ends is removed; an empty map waits for another, and ends when it has
/// been closed. It is changed between pulls and while one is outstanding, by whoever runs on its
/// executor: the terminals that borrow it, such as `async_for_each(map, ...)`, let you.
/// @marble  `insert(A, -1--2|), insert(B, --a-|), close()`  ->  `stream_map`  ->  `-(A,1)(B,a)-(A,2)|`
/// @errors  the first failure of a stream in it, unchanged; the others are released
/// @cancels no stream is asked for an item before there is room for it, so none is lost
/// @cost    two allocations a stream, and one to erase its type; a copy of the key an item; O(1) an
///          item and O(log n) a change; nothing buffered
/// @others  StreamMap (futures)
template <class K, class T>
class [[nodiscard]] stream_map : public stream_interface<stream_map<K, T>> {
    using state = detail::keyed_streams<K, T>;

public:
    using value_type = std::pair<K, T>;
    using executor_type = asio::any_io_executor;

    explicit stream_map(asio::any_io_executor ex)
        : executor_(std::move(ex)), state_(std::make_shared<state>()) {}
    stream_map(stream_map&&) = default;
    stream_map& operator=(stream_map&&) = default;

    executor_type get_executor() const noexcept { return executor_; }

    /// Adds a stream, in the place of the one of this key if there is one. False, and nothing is
    /// done, if the map has been closed or is over.
    bool insert(K key, any_stream<T> stream) {
        if (!state_ || state_->is_closed())
            return false;
        state_->insert(std::move(key), std::move(stream));
        return true;
    }
    /// Removes the stream of this key, and says whether there was one.
    bool erase(const K& key) { return state_ && state_->erase(key); }
    bool contains(const K& key) const { return state_ && state_->contains(key); }
    std::size_t size() const noexcept { return state_ ? state_->size() : 0; }
    bool empty() const noexcept { return size() == 0; }
    /// No more will be added: it ends when those that are in it have.
    void close() {
        if (state_)
            state_->close();
    }

    poll<value_type> try_next() { return state_ ? state_->try_next() : poll<value_type>(end); }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (self->state_)
                state::async_wait(self->state_, self->executor_, std::move(handler));
            else
                detail::async_ready(std::move(handler), self->executor_);
        }

        stream_map* self;
    };

    executor_type executor_;
    std::shared_ptr<state> state_;
};

} // namespace streamx
