#pragma once

#include <streamx/core/async_stream.hpp>
#include <streamx/core/detail/arrivals.hpp>
#include <streamx/core/detail/in_flight_slot.hpp>
#include <streamx/core/detail/input_waits.hpp>
#include <streamx/core/detail/untracked.hpp>
#include <streamx/core/poll.hpp>

#include <boost/system/system_error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace streamx::detail {

/// Streams of one type that come and go, of which one is asked after the other: fair round robin among
/// those that may have an item, constant time an item. Input 0 of the `input_waits` is whatever else
/// the operator waits for, such as the stream that the streams come from.
///
/// Each input is in one of four places: in `ready_`, in `idle_` (found pending, to be waited for),
/// waited for, or free. One that is removed while it is waited for is free when that wait has come
/// back, so that it is not taken for that of its successor.
template <async_stream S>
class changing_set : public input_waits<1> {
public:
    struct input {
        std::optional<S> stream;
        bool waiting = false;
        input* next = nullptr;
    };

private:
    struct arrival {
        input* from;
        error_code ec;
    };

public:
    /// How many streams are in it.
    std::size_t size() const noexcept { return size_; }

    /// Adds a stream, which is asked when those that may have something before it have been.
    input& add(S s) {
        if (!free_.front()) {
            arrivals_.reserve(inputs_.size() + 1);
            inputs_.push_back(std::make_unique<input>());
            free_.push(*inputs_.back());
        }
        input& in = *free_.front();
        in.stream.emplace(std::move(s));
        free_.pop();
        ready_.push(in);
        ++size_;
        return in;
    }

    /// Removes a stream that is in it. Its place is free when its turn, or its wait, has come.
    void erase(input& in) noexcept {
        in.stream.reset();
        --size_;
    }

    /// Removes all.
    void clear() noexcept {
        ready_ = idle_ = free_ = {};
        for (auto& in : inputs_) {
            in->stream.reset();
            if (!in->waiting)
                free_.push(*in);
        }
        size_ = 0;
    }

    /// Whether a stream may have an item.
    bool any() const noexcept { return ready_.front() || arrivals_.any(); }

    /// An item of the next stream that has one. Those that are at their end are removed.
    poll<item_t<S>> try_next() {
        arrivals_.collect([this](const arrival& a) { arrive(a); });
        if (failure_)
            throw boost::system::system_error(std::exchange(failure_, {}), "async_wait");
        if (--patience_ == 0)
            ask_again();
        while (input* in = ready_.front()) {
            if (!in->stream) {
                ready_.pop();
                free_.push(*in);
                continue;
            }
            auto item = in->stream->try_next();
            ready_.pop();
            if (item) {
                ready_.push(*in);
                return item;
            }
            if (item.is_end())
                remove(*in);
            else
                idle_.push(*in);
        }
        return pending;
    }

    /// Begins to wait for those that were found pending.
    template <class Executor>
    static void begin_waits(const std::shared_ptr<changing_set>& self, const Executor& ex) {
        while (input* in = self->idle_.front()) {
            self->idle_.pop();
            if (!in->stream) {
                self->free_.push(*in);
                continue;
            }
            in->waiting = true;
            in->stream->async_wait(input_ready<Executor>(self, *in, ex));
        }
    }

private:
    /// What the wait of one input completes with: see `fan_in`.
    template <class Executor>
    class input_ready {
    public:
        using executor_type = untracked<Executor>;
        executor_type get_executor() const noexcept { return executor_type(ex_); }

        input_ready(std::weak_ptr<changing_set> set, input& in, const Executor& ex)
            : set_(std::move(set)), input_(&in), ex_(ex) {}
        input_ready(input_ready&&) = default;
        input_ready& operator=(input_ready&&) = delete;
        ~input_ready() { (*this)({}); }

        void operator()(error_code ec) {
            if (auto alive = std::exchange(set_, {}).lock()) {
                alive->arrivals_.put({input_, ec});
                alive->wake();
            }
        }

    private:
        std::weak_ptr<changing_set> set_;
        input* input_;
        Executor ex_;
    };

    void arrive(const arrival& a) {
        a.from->waiting = false;
        if (!a.from->stream) {
            free_.push(*a.from);
            return;
        }
        if (a.ec)
            failure_ = a.ec;
        ready_.push(*a.from);
    }

    void remove(input& in) noexcept {
        in.stream.reset();
        free_.push(in);
        --size_;
    }

    /// Streams that always have something would keep it from ever waiting for the others.
    void ask_again() noexcept {
        patience_ = size_ + 64;
        while (input* in = idle_.front()) {
            idle_.pop();
            ready_.push(*in);
        }
    }

    std::vector<std::unique_ptr<input>> inputs_;
    slot_queue<input> ready_;
    slot_queue<input> idle_;
    slot_queue<input> free_;
    std::size_t size_ = 0;
    std::size_t patience_ = 64; // pulls until those in `idle_` are asked again
    error_code failure_;
    arrivals<arrival> arrivals_;
};

} // namespace streamx::detail
