#pragma once

#include <streamx/core/detail/handler.hpp>
#include <streamx/core/detail/parked.hpp>
#include <streamx/core/detail/parked_work.hpp>
#include <streamx/core/error.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution_context.hpp>

#include <memory>
#include <new>
#include <utility>

namespace streamx::detail {

template <class Block, class Allocator>
using block_allocator = typename std::allocator_traits<decltype(state_allocator(
    std::declval<const Allocator&>()))>::template rebind_alloc<Block>;

/// A block in the memory of its handler's allocator.
template <class Block, class Allocator, class... Args>
Block* make_block(const Allocator& allocator, Args&&... args) {
    block_allocator<Block, Allocator> a(state_allocator(allocator));
    Block* p = a.allocate(1);
    try {
        return ::new (static_cast<void*>(p)) Block(std::forward<Args>(args)...);
    } catch (...) {
        a.deallocate(p, 1);
        throw;
    }
}

template <class Block, class Allocator>
void free_block(Block* p, const Allocator& allocator) noexcept {
    block_allocator<Block, Allocator> a(state_allocator(allocator)); // which may be the block's
    std::destroy_at(p);
    a.deallocate(p, 1);
}

/// A block that is posted, with its `get_allocator()`, to the executor whose work it is.
template <class Block, class Executor>
class parked_on : public parked {
public:
    asio::execution_context& context() const noexcept { return work_.context(); }

    void complete(const error_code& ec) final {
        result_ = ec;
        work_.post(static_cast<Block*>(this)->get_allocator(), this);
    }
    void complete_here(const error_code& ec) final {
        result_ = ec;
        work_.dispatch(static_cast<Block*>(this)->get_allocator(), this);
    }
    const void* queue() const noexcept final { return work_.queue(); }

protected:
    explicit parked_on(const Executor& ex) : work_(ex) {}
    ~parked_on() = default;

private:
    parked_work<Executor> work_;
};

/// Any operation in a block.
template <class Op>
class parked_op final : public parked_on<parked_op<Op>, asio::associated_executor_t<Op>> {
public:
    explicit parked_op(Op&& op)
        : parked_op::parked_on(asio::get_associated_executor(op)), op_(std::move(op)) {}

    auto get_allocator() const noexcept { return asio::get_associated_allocator(op_); }

private:
    void run() override {
        const auto result = this->result_;
        Op op = std::move(op_);
        free_block(this, asio::get_associated_allocator(op));
        std::move(op)(result);
    }
    void destroy() noexcept override { free_block(this, get_allocator()); }

    Op op_;
};

} // namespace streamx::detail
