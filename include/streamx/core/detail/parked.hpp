#pragma once

#include <streamx/core/detail/one_thread.hpp>
#include <streamx/core/error.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace streamx::detail {

/// A handler that waits in a gate, of whatever type, in a block that is made with the handler's
/// allocator.
class parked {
public:
    /// Calls the handler with `ec`, by a post to its associated executor; and in the same post those that
    /// are linked behind it.
    virtual void complete(const error_code& ec) = 0;
    /// The same, inside this call if it is made where its `io_context` runs.
    virtual void complete_here(const error_code& ec) = 0;
    /// The `io_context` that it is posted to, if it may share a post with others; or null.
    virtual const void* queue() const noexcept = 0;

    /// What is posted: one pointer.
    class completion;

    struct deleter {
        void operator()(parked* p) const noexcept {
            while (p)
                std::exchange(p, p->next_)->destroy();
        }
    };
    using pointer = std::unique_ptr<parked, deleter>;

protected:
    ~parked() = default;
    error_code result_;

private:
    friend class wake_batch;

    virtual void run() = 0;
    virtual void destroy() noexcept = 0;

    parked* next_ = nullptr; ///< runs behind it in the same post
};

class parked::completion {
public:
    explicit completion(parked* p) noexcept : parked_(p) {}
    void operator()() {
        for (rest those{parked_.release()}; auto* p = those.first;) {
            those.first = std::exchange(p->next_, nullptr);
            if (those.first && !one_thread()) [[unlikely]]
                those.post(); // a thread that has come since may run them
            p->run();
        }
    }

private:
    /// Those behind the one that runs. If that throws they have a post of their own.
    struct rest {
        ~rest() { post(); }
        void post() {
            if (auto* p = std::exchange(first, nullptr))
                p->complete(p->result_);
        }
        parked* first;
    };

    pointer parked_;
};

/// A handler that is its own block, and so needs no other to be parked in.
template <class Handler>
concept parks_itself = requires(Handler h) {
    { std::move(h).block() } -> std::same_as<parked::pointer>;
    h.context();
};

} // namespace streamx::detail
