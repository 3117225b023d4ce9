#include <streamx/core/detail/parked_work.hpp>

namespace streamx::detail {

auto parked_work<asio::any_io_executor>::work_for(const asio::any_io_executor& ex) -> work {
    using namespace asio::execution;
    if (const auto* io = ex.target<asio::io_context::executor_type>())
        return work(std::in_place_type<io_work>, *io);
    return asio::prefer(asio::require(ex, blocking.never), outstanding_work.tracked);
}

parked_work<asio::any_io_executor>::parked_work(const asio::any_io_executor& ex)
    : work_(work_for(ex)) {}

void parked_work<asio::any_io_executor>::post(parked* p) {
    if (auto* io = std::get_if<io_work>(&work_))
        io->post(std::allocator<void>(), p);
    else
        std::get<asio::any_io_executor>(work_).execute(parked::completion(p));
}

void parked_work<asio::any_io_executor>::dispatch(parked* p) {
    if (auto* io = std::get_if<io_work>(&work_))
        io->dispatch(std::allocator<void>(), p);
    else
        post(p);
}

} // namespace streamx::detail
