#pragma once

#include <streamx/core/detail/wrapped_op.hpp>
#include <streamx/core/error.hpp>

#include <utility>

namespace streamx::detail {

/// The wait of a sink that has several channels for one of them: that it is closed is no failure of
/// the sink, but worth another try.
template <class Op>
struct retry_op : wrapped_op<Op> {
    void operator()(error_code ec) { std::move(this->op)(ec == errc::closed ? error_code() : ec); }
};

} // namespace streamx::detail
