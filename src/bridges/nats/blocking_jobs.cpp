#include "blocking_jobs.hpp"

#include "link.hpp"

#include <nats/nats.h>

#include <utility>

namespace streamx::nats::detail {

void blocking_jobs::run(std::function<void()> job) {
    std::unique_lock lock(mutex_);
    if (down_) { // who calls is what is waited for
        lock.unlock();
        return job();
    }
    workers_.remove_if([](worker& w) {
        if (!w.done)
            return false;
        w.thread.join();
        return true;
    });
    auto& w = workers_.emplace_back();
    w.thread = std::thread([&w, job = std::move(job)]() mutable {
        job();
        job = nullptr;
        nats_ReleaseThreadMemory();
        w.done = true;
    });
}

void blocking_jobs::add(const link_ptr& l) {
    std::lock_guard lock(mutex_);
    std::erase_if(links_, [](const auto& weak) { return weak.expired(); });
    links_.push_back(l);
}

void blocking_jobs::shutdown() {
    {
        std::lock_guard lock(mutex_);
        down_ = true;
    }
    for (auto& weak : links_)
        if (auto alive = weak.lock())
            alive->abandon();
    for (auto& w : workers_)
        w.thread.join();
    workers_.clear();
    for (auto& weak : links_) // what was connecting when the context went
        if (auto alive = weak.lock())
            alive->abandon();
    links_.clear();
}

} // namespace streamx::nats::detail
