#pragma once

#include <streamx/core/adaptor.hpp>
#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/checked.hpp>
#include <streamx/core/detail/each_ready.hpp>
#include <streamx/core/detail/in_flight.hpp>
#include <streamx/core/detail/ready.hpp>
#include <streamx/core/stream_interface.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace streamx::detail {

/// The stream of an operator that has up to `n` items in flight.
template <async_stream Up, class Work>
class [[nodiscard]] in_flight_stream : public stream_interface<in_flight_stream<Up, Work>> {
    using flights = in_flight<Up, Work>;

public:
    using value_type = typename Work::value_type;
    using executor_type = executor_t<Up>;

    in_flight_stream(Up up, Work work, std::size_t n, made_order order)
        : executor_(up.get_executor()),
          flights_(std::make_shared<flights>(std::move(up), std::move(work), n, order)) {}
    in_flight_stream(in_flight_stream&&) = default;
    in_flight_stream& operator=(in_flight_stream other) noexcept {
        stream_interface<in_flight_stream>::operator=(other);
        std::swap(executor_, other.executor_);
        flights_.swap(other.flights_);
        return *this;
    }
    ~in_flight_stream() {
        if (flights_)
            flights_->stop();
    }

    executor_type get_executor() const noexcept { return executor_; }

    poll<value_type> try_next() { return flights_ ? flights_->try_next() : poll<value_type>(end); }

    template <class Take>
    halt each_ready(Take&& take) {
        return flights_ ? flights_->each_ready(take) : halt::end;
    }

    template <class Token>
    auto async_wait(Token&& token) {
        return asio::async_initiate<Token, void(error_code)>(initiate_wait{this}, token);
    }

private:
    struct initiate_wait {
        template <class Handler>
        void operator()(Handler handler) const {
            if (self->flights_)
                flights::async_wait(self->flights_, self->executor_, std::move(handler));
            else
                async_ready(std::move(handler), self->executor_);
        }

        in_flight_stream* self;
    };

    executor_type executor_;
    std::shared_ptr<flights> flights_;
};

/// An adaptor that makes one: `make.operator()<T>()` is the `Work` for items of type `T`.
template <class Make>
auto with_in_flight(std::size_t n, made_order order, const char* message, Make make) {
    checked_size(n, message);
    return adaptor([n, order, make = std::move(make)]<async_stream Up>(Up up) mutable {
        auto work = make.template operator()<item_t<Up>>();
        return in_flight_stream<Up, decltype(work)>(std::move(up), std::move(work), n, order);
    });
}

} // namespace streamx::detail
