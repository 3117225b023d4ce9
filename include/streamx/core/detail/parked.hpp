#pragma once

#include <streamx/core/error.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace streamx::detail {

/// A handler that waits in a gate, of whatever type, in a block that is made with the handler's
/// allocator.
class parked {
public:
    /// Calls the handler with `ec`, by a post to its associated executor.
    virtual void complete(error_code ec) = 0;
    /// The same, inside this call if it is made where its `io_context` runs.
    virtual void complete_here(error_code ec) = 0;

    /// What is posted: one pointer.
    class completion;

    struct deleter {
        void operator()(parked* p) const noexcept { p->destroy(); }
    };
    using pointer = std::unique_ptr<parked, deleter>;

protected:
    ~parked() = default;
    error_code result_;

private:
    virtual void run() = 0;
    virtual void destroy() noexcept = 0;
};

class parked::completion {
public:
    explicit completion(parked* p) noexcept : parked_(p) {}
    void operator()() { parked_.release()->run(); }

private:
    pointer parked_;
};

/// Where an operation that waits time and again keeps the block of its last wait for the next: that
/// has the executor, the outstanding work and the memory that it needs. It is free at the latest
/// when the operation ends.
class parked_spare {
public:
    template <class Block>
    void keep(Block* block) noexcept {
        block_.reset(block);
        kind_ = &kind<Block>;
    }

    /// The block, if it is one of that type.
    template <class Block>
    Block* take() noexcept {
        return block_ && kind_ == &kind<Block> ? static_cast<Block*>(block_.release()) : nullptr;
    }

private:
    template <class Block>
    static inline char kind = 0;

    parked::pointer block_;
    const char* kind_ = nullptr;
};

/// An operation that keeps one. It has the same executor and the same allocator for all its life.
template <class Op>
concept keeps_spare = std::is_nothrow_move_constructible_v<Op> && requires(Op& op) {
    { op.spare() } noexcept -> std::same_as<parked_spare&>;
};

} // namespace streamx::detail
