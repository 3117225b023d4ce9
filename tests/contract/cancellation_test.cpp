#include <contract/operations.hpp>

#include <streamx/testing/completion_probe.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <optional>

// Every operation honours total, partial and terminal cancellation, and leaves the slot as it was.

namespace streamx::testing {
namespace {

template <class Operation>
struct cancellation_test : ::testing::Test {
    void start() { op->start(asio::bind_cancellation_slot(signal.slot(), p.handler())); }

    asio::cancellation_signal signal;
    std::optional<asio::io_context> context{std::in_place};
    asio::io_context& ctx = *context;
    std::optional<Operation> op{std::in_place, ctx.get_executor()};
    completion_probe<> p;

    void gives_up_after(asio::cancellation_type how, bool waiting) {
        start();
        if (waiting)
            ctx.poll();
        signal.emit(how);
        EXPECT_EQ(p.calls(), 0) << "completed inside the emission";
        ctx.poll();

        EXPECT_EQ(p.calls(), 1);
        EXPECT_EQ(p->ec, asio::error::operation_aborted) << p->what;
        EXPECT_FALSE(signal.slot().has_handler());
    }
};

TYPED_TEST_SUITE(cancellation_test, operations, operation_name);

TYPED_TEST(cancellation_test, total_ends_a_wait) {
    this->gives_up_after(asio::cancellation_type::total, true);
}

TYPED_TEST(cancellation_test, partial_ends_a_wait) {
    this->gives_up_after(asio::cancellation_type::partial, true);
}

TYPED_TEST(cancellation_test, terminal_ends_a_wait) {
    this->gives_up_after(asio::cancellation_type::terminal, true);
}

TYPED_TEST(cancellation_test, ends_an_operation_that_has_only_been_started) {
    this->gives_up_after(asio::cancellation_type::total, false);
}

TYPED_TEST(cancellation_test, an_operation_after_a_cancelled_one_succeeds) {
    this->gives_up_after(asio::cancellation_type::total, true);
    if constexpr (can_drop<TypeParam>) { // the others have consumed what they worked on
        this->p = {};
        this->ctx.restart();
        this->start();
        this->ctx.poll();
        this->op->finish();
        this->ctx.poll();

        EXPECT_EQ(this->p.calls(), 1);
        EXPECT_FALSE(this->p->ec) << this->p->what;
    }
}

TYPED_TEST(cancellation_test, the_slot_is_empty_after_success) {
    this->start();
    this->ctx.poll();
    this->op->finish();
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_FALSE(this->signal.slot().has_handler());
    this->signal.emit(asio::cancellation_type::terminal);
    this->ctx.restart();
    this->ctx.poll();
    EXPECT_EQ(this->p.calls(), 1);
}

TYPED_TEST(cancellation_test, a_signal_between_success_and_completion_is_harmless) {
    this->start();
    this->ctx.poll();
    this->op->finish();
    this->signal.emit(asio::cancellation_type::terminal);
    this->ctx.poll();

    EXPECT_EQ(this->p.calls(), 1);
    EXPECT_TRUE(!this->p->ec || this->p->ec == asio::error::operation_aborted) << this->p->what;
}

TYPED_TEST(cancellation_test, a_signal_after_the_endpoints_are_destroyed_is_harmless) {
    this->start();
    this->ctx.poll();
    this->op.reset();
    this->signal.emit(asio::cancellation_type::terminal);
    this->ctx.poll();
    EXPECT_EQ(this->p.calls(), 1);
    this->signal.emit(asio::cancellation_type::terminal);
}

TYPED_TEST(cancellation_test, a_signal_after_the_io_context_is_destroyed_is_harmless) {
    this->start();
    this->ctx.poll();
    this->context.reset();
    EXPECT_EQ(this->p->destroyed, 1);
    this->signal.emit(asio::cancellation_type::terminal);
    this->op.reset();
    this->signal.emit(asio::cancellation_type::terminal);
}

} // namespace
} // namespace streamx::testing
