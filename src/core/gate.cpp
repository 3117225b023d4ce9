#include <streamx/core/detail/gate.hpp>

namespace streamx::detail {
namespace {

/// Tells a context's gates that it is going.
class gate_service final : public asio::execution_context::service {
public:
    using key_type = gate_service;
    inline static asio::execution_context::id id;

    explicit gate_service(asio::execution_context& context)
        : asio::execution_context::service(context), registry(std::make_shared<gate_registry>()) {}

    void shutdown() override { registry->shutdown(); }

    std::shared_ptr<gate_registry> registry;
};

} // namespace

std::shared_ptr<gate_registry> gate_registry::of(asio::execution_context& context) {
    return asio::use_service<gate_service>(context).registry;
}

void gate_registry::shutdown() noexcept {
    for (;;) {
        // It dies outside the lock: destroying what is parked may destroy other gates.
        parked::pointer dying;
        gate_base* told = nullptr;
        {
            std::lock_guard lock(mutex_);
            if (!first_)
                return;
            dying = first_->abandon();
            if (dying && first_->stay())
                told = first_;
            first_->unlink();
        }
        if (told)
            told->abandoned();
    }
}

void gate_base::settle_in(asio::execution_context& context) {
    leave();
    context_ = nullptr; // until it is done: this may throw
    registry_ = gate_registry::of(context);
    std::lock_guard lock(registry_->mutex_);
    next_ = registry_->first_;
    if (next_)
        next_->previous_ = this;
    registry_->first_ = this;
    context_ = &context;
}

void gate_base::leave() noexcept {
    if (!registry_)
        return;
    {
        std::lock_guard lock(registry_->mutex_);
        unlink();
    }
    registry_.reset();
}

void gate_base::unlink() noexcept {
    if (registry_->first_ == this)
        registry_->first_ = next_;
    if (previous_)
        previous_->next_ = next_;
    if (next_)
        next_->previous_ = previous_;
    next_ = previous_ = nullptr;
}

} // namespace streamx::detail
