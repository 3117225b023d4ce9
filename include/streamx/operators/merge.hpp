#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/fan_in.hpp>
#include <streamx/core/detail/inputs.hpp>
#include <streamx/core/detail/own_ptr.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace streamx {

/// Says that a failure waits for the others to come to their ends: `merge(delay_errors, a, b)`.
struct delay_errors_t {
    explicit delay_errors_t() = default;
};
inline constexpr delay_errors_t delay_errors{};

/// The stream that `merge` makes: the items of several streams as they become ready.
template <class Inputs>
class [[nodiscard]] merge_stream : public stream_interface<merge_stream<Inputs>> {
public:
    using value_type = typename Inputs::value_type;
    using executor_type = typename Inputs::executor_type;

    explicit merge_stream(Inputs inputs, bool delays_errors = false)
        : executor_(inputs.get_executor()),
          state_(std::make_shared<state>(std::move(inputs), delays_errors)) {}

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() {
        if (!state_)
            return end;
        try {
            auto item = state_->try_next();
            if (item.is_end())
                state_.reset();
            return item;
        } catch (...) {
            state_.reset();
            throw;
        }
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (const auto& s = self->state_)
                s->async_wait(s, self->executor_, s->live == 0, std::move(handler));
            else
                detail::async_ready(std::move(handler), self->executor_);
        }

        merge_stream* self;
    };

    struct state : detail::fan_in<Inputs> {
        state(Inputs in, bool delay) : detail::fan_in<Inputs>(std::move(in)), delays(delay) {}

        poll<value_type> try_next() {
            this->next_pull();
            if (!delays) [[likely]]
                return pull();
            for (;;)
                try {
                    auto item = pull();
                    if (item.is_end() && failure)
                        std::rethrow_exception(std::exchange(failure, nullptr));
                    return item;
                } catch (...) {
                    if (this->live == 0)
                        throw;
                    note_failure();
                }
        }

        poll<value_type> pull() {
            while (auto i = this->queue.front()) {
                auto item = this->inputs.try_next(*i);
                if (item) [[likely]] {
                    this->queue.rotate();
                    return item;
                }
                this->queue.pop();
                if (item.is_end())
                    this->retire(*i);
                else
                    this->idle.push_back(*i);
            }
            return this->live == 0 ? poll<value_type>(end) : pending;
        }

        /// Releases the input that has failed, be it by its pull or by its wait.
        void note_failure() {
            if (!failure)
                failure = std::current_exception();
            auto i = this->queue.failed();
            if (!i) {
                i = this->queue.current();
                this->queue.pop();
            }
            this->retire(*i);
        }

        const bool delays;
        std::exception_ptr failure; // the first, if it is delayed
    };

    executor_type executor_;
    detail::own_ptr<state> state_;
};

/// Takes turns among several streams of one `value_type`: each item as it becomes ready, fair round
/// robin among those that have one. Ends when all have ended; the first failure ends it.
/// @marble  `-1----2-|`, `--a--b---|`  ->  `merge`  ->  `-1a--b2--|`
/// @errors  the first failure of an input, unchanged; the other inputs are released
/// @cancels as its own wait: no input is asked for an item before there is room for it, so none is
///          lost
/// @cost    one allocation for the set; O(1) an item whatever the number of inputs; nothing
///          buffered
/// @others  select, select_all (futures), merge (Rx), merge (Akka)
template <async_stream S, async_stream... Ss>
[[nodiscard]] auto merge(S first, Ss... rest) {
    return merge_stream(detail::alike_input_tuple<S, Ss...>(std::move(first), std::move(rest)...));
}

/// The same for any number of streams of one type; with none it ends at once.
template <async_stream S>
[[nodiscard]] auto merge(std::vector<S> streams) {
    return merge_stream(detail::input_list<S>(std::move(streams)));
}

/// The same, but that an input which fails is released and the others go on. The first failure ends
/// it when all have come to their ends.
template <async_stream S, async_stream... Ss>
[[nodiscard]] auto merge(delay_errors_t, S first, Ss... rest) {
    return merge_stream(
        detail::alike_input_tuple<S, Ss...>(std::move(first), std::move(rest)...), true);
}
template <async_stream S>
[[nodiscard]] auto merge(delay_errors_t, std::vector<S> streams) {
    return merge_stream(detail::input_list<S>(std::move(streams)), true);
}

} // namespace streamx
