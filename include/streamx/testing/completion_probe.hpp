#pragma once

#include <streamx/core/error.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace streamx::testing {

/// What became of an operation: how its handler was called, and with what.
template <class Value = std::monostate>
struct completion {
    int calls = 0;
    int destroyed = 0;          ///< handlers that were destroyed without having been called
    bool inside = false;        ///< called inside the call that started the operation
    error_code ec;              ///< as given, or as `to_error_code` sees the failure
    std::exception_ptr failure; ///< as given
    std::string what;           ///< of the failure or the error code; empty for neither
    std::optional<Value> value; ///< what came after the error, if it is of this type
};

/// The text of a failure; empty for none.
inline std::string what_of(const std::exception_ptr& failure) {
    try {
        if (failure)
            std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "not a std::exception";
    }
    return {};
}

/// Makes a completion handler for whatever signature begins with an `error_code` or an
/// `exception_ptr`, and records what becomes of it. The record outlives probe and handler alike.
template <class Value = std::monostate>
class completion_probe {
    using record = completion<Value>;

    struct shared : record {
        bool starting = false;
    };

public:
    class handler_type {
    public:
        explicit handler_type(std::shared_ptr<shared> r) : record_(std::move(r)) {}
        handler_type(handler_type&&) noexcept = default;
        handler_type& operator=(handler_type&&) = delete;
        ~handler_type() {
            if (record_ && !called_)
                ++record_->destroyed;
        }

        template <class Error, class... Values>
        void operator()(Error error, Values&&... values) {
            called_ = true;
            ++record_->calls;
            record_->inside = record_->starting;
            note(std::move(error));
            if constexpr (sizeof...(Values) == 1)
                keep(std::forward<Values>(values)...);
        }

    private:
        void note(error_code ec) {
            record_->ec = ec;
            record_->what = ec ? ec.message() : std::string();
        }
        void note(std::exception_ptr failure) {
            record_->ec = to_error_code(failure);
            record_->what = what_of(failure);
            record_->failure = std::move(failure);
        }
        template <class V>
        void keep(V&& value) {
            if constexpr (std::is_same_v<std::remove_cvref_t<V>, Value>)
                record_->value.emplace(std::forward<V>(value));
        }

        std::shared_ptr<shared> record_;
        bool called_ = false;
    };

    completion_probe() : record_(std::make_shared<shared>()) {}

    /// A handler to start an operation with; `start` also notices one that is called too early.
    handler_type handler() const { return handler_type(record_); }

    /// Calls `initiate(handler)`, which starts the operation.
    template <class Initiate>
    void start(Initiate&& initiate) const {
        record_->starting = true;
        initiate(handler());
        record_->starting = false;
    }

    int calls() const noexcept { return record_->calls; }
    record& operator*() const noexcept { return *record_; }
    record* operator->() const noexcept { return record_.get(); }

private:
    std::shared_ptr<shared> record_;
};

} // namespace streamx::testing
