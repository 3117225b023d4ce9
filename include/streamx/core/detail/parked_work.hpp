#pragma once

#include <streamx/core/asio.hpp>
#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/parked.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::detail {

/// An executor as the outstanding work of a handler that is parked. What it is asked to execute,
/// once, is posted.
template <class Executor>
class parked_work {
public:
    explicit parked_work(const Executor& ex)
        : executor_(asio::prefer(ex, asio::execution::outstanding_work.tracked)) {}

    asio::execution_context& context() const noexcept {
        return asio::query(executor_, asio::execution::context);
    }

    const void* queue() const noexcept { return nullptr; }

    template <class Allocator>
    void post(const Allocator& allocator, parked* p) {
        post_to(executor_, allocator, parked::completion(p));
    }
    template <class Allocator>
    void dispatch(const Allocator& allocator, parked* p) {
        post(allocator, p);
    }

private:
    std::decay_t<decltype(asio::prefer(
        std::declval<const Executor&>(), asio::execution::outstanding_work.tracked))>
        executor_;
};

/// What an `io_context` keeps of a completion that is posted to it. It has done with that before the
/// completion runs, so there can be room for it where the handler is parked.
class post_room {
public:
    template <class T>
    class allocator {
    public:
        using value_type = T;

        explicit allocator(post_room& room) noexcept : room_(&room) {}
        template <class U>
        allocator(const allocator<U>& other) noexcept : room_(other.room_) {}

        T* allocate(std::size_t n) { return static_cast<T*>(room_->take(n * sizeof(T))); }
        void deallocate(T* p, std::size_t) noexcept { room_->give(p); }

        friend bool operator==(allocator, allocator) noexcept = default;

    private:
        template <class U>
        friend class allocator;
        post_room* room_;
    };

private:
    void* take(std::size_t size) { return size <= sizeof(bytes_) ? bytes_ : ::operator new(size); }
    void give(void* memory) noexcept {
        if (memory != bytes_)
            ::operator delete(memory);
    }

    alignas(std::max_align_t) std::byte bytes_[48];
};

/// The same for an `io_context`. (To copy an executor that counts as work costs two atomic
/// additions, so there is one, and one beside it that does not count.)
class io_work {
    using executor_type = std::decay_t<decltype(asio::require(
        std::declval<const asio::io_context::executor_type&>(), asio::execution::blocking.never))>;
    using tracked_type = std::decay_t<decltype(asio::require(
        std::declval<const executor_type&>(), asio::execution::outstanding_work.tracked))>;

public:
    template <class Allocator, std::uintptr_t Bits>
    explicit io_work(const asio::io_context::basic_executor_type<Allocator, Bits>& ex)
        : executor_(asio::require(
              ex,
              asio::execution::allocator,
              asio::execution::outstanding_work.untracked,
              asio::execution::blocking.never)),
          work_(asio::require(executor_, asio::execution::outstanding_work.tracked)) {}

    asio::execution_context& context() const noexcept {
        return asio::query(executor_, asio::execution::context);
    }

    const void* queue() const noexcept { return &context(); }

    template <class Allocator>
    void post(const Allocator&, parked* p) {
        asio::require(executor_, asio::execution::allocator(post_room::allocator<void>(room_)))
            .execute(parked::completion(p));
    }
    template <class Allocator>
    void dispatch(const Allocator&, parked* p) {
        asio::require(
            executor_,
            asio::execution::blocking.possibly,
            asio::execution::allocator(post_room::allocator<void>(room_)))
            .execute(parked::completion(p));
    }

private:
    executor_type executor_;
    tracked_type work_;
    post_room room_;
};

template <class Allocator, std::uintptr_t Bits>
class parked_work<asio::io_context::basic_executor_type<Allocator, Bits>> : public io_work {
    using io_work::io_work;
};

/// The executor of nearly all handlers is an `any_io_executor` that stands for an `io_context`.
template <>
class parked_work<asio::any_io_executor> {
public:
    explicit parked_work(const asio::any_io_executor& ex);

    asio::execution_context& context() const noexcept {
        if (const auto* io = std::get_if<io_work>(&work_))
            return io->context();
        return asio::query(std::get<asio::any_io_executor>(work_), asio::execution::context);
    }
    const void* queue() const noexcept {
        const auto* io = std::get_if<io_work>(&work_);
        return io ? io->queue() : nullptr;
    }

    template <class Allocator>
    void post(const Allocator&, parked* p) { // it knows no allocators
        post(p);
    }
    template <class Allocator>
    void dispatch(const Allocator&, parked* p) {
        dispatch(p);
    }

private:
    using work = std::variant<io_work, asio::any_io_executor>;

    static work work_for(const asio::any_io_executor& ex);
    void post(parked* p);
    void dispatch(parked* p);

    work work_;
};

} // namespace streamx::detail
