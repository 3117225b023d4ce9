#include <streamx/channels/dump_graph.hpp>

#include <streamx/channels/detail/graph_node.hpp>
#include <streamx/time/clock_service.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streamx {
namespace detail {
namespace {

/// The nodes of a context.
class graph_service final : public asio::execution_context::service {
public:
    using key_type = graph_service;
    inline static asio::execution_context::id id;

    explicit graph_service(asio::execution_context& context)
        : asio::execution_context::service(context) {}

    void add(std::weak_ptr<graph_node> node) {
        std::lock_guard lock(mutex_);
        std::erase_if(nodes_, [](const auto& n) { return n.expired(); });
        nodes_.push_back(std::move(node));
    }

    std::vector<graph_part> look() const {
        std::vector<graph_part> parts;
        for (const auto& n : nodes())
            if (const auto alive = n.lock())
                for (auto& part : alive->look())
                    parts.push_back(std::move(part));
        return parts;
    }

private:
    void shutdown() override {}

    /// Looked at without the lock, as a look may be the last to hold a node.
    std::vector<std::weak_ptr<graph_node>> nodes() const {
        std::lock_guard lock(mutex_);
        return nodes_;
    }

    mutable std::mutex mutex_;
    std::vector<std::weak_ptr<graph_node>> nodes_;
};

std::string seconds(clock::duration d) {
    char text[32];
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
    std::snprintf(
        text,
        sizeof text,
        "%lld.%03lld s",
        static_cast<long long>(ms / 1000),
        static_cast<long long>(ms % 1000));
    return text;
}

/// `waiting for room behind slow for 1.500 s`
std::string state_of(const graph_end& e, clock::time_point now) {
    std::string text;
    switch (e.state) {
    case graph_state::running:
        text = "running";
        break;
    case graph_state::waits_for_item:
        text = "waiting for an item";
        break;
    case graph_state::waits_for_room:
        text = "waiting for room behind " + e.behind;
        break;
    case graph_state::over:
        return "over";
    }
    return text + " for " + seconds(std::max(now - e.since, clock::duration::zero()));
}

void append_text(std::string& out, const graph_part& part, clock::time_point now) {
    out += part.name + ": " + part.holds + '\n';
    for (const auto* ends : {&part.from, &part.to})
        for (const auto& e : *ends)
            out += "  " + e.who + ": " + state_of(e, now) + (e.more.empty() ? "" : ", " + e.more) +
                   '\n';
}

std::string quoted(std::string_view text) {
    std::string out(1, '"');
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out += '"';
}

void append_dot(std::string& out, const graph_part& part, clock::time_point now) {
    const auto id = [&](const graph_end& e) { return quoted(part.name + ": " + e.who); };
    for (const auto* ends : {&part.from, &part.to})
        for (const auto& e : *ends)
            out += "  " + id(e) + " [label=" +
                   quoted(
                       part.name + '\n' + e.who + '\n' + state_of(e, now) +
                       (e.more.empty() ? "" : '\n' + e.more)) +
                   (e.state == graph_state::waits_for_room ? ", color=red" : "") + "];\n";
    for (const auto& f : part.from)
        for (const auto& t : part.to) {
            const bool held = f.state == graph_state::waits_for_room && f.behind == t.who;
            out += "  " + id(f) + " -> " + id(t) + " [label=" + quoted(part.holds) +
                   (held ? ", color=red" : "") + "];\n";
        }
}

} // namespace

graph_node::graph_node(asio::execution_context& context) : clock_(clock::of(context)) {}

void graph_node::show(asio::execution_context& context, std::weak_ptr<graph_node> node) {
    asio::use_service<graph_service>(context).add(std::move(node));
}

} // namespace detail

std::string dump_graph(asio::execution_context& context, graph_format format) {
    const auto parts = asio::use_service<detail::graph_service>(context).look();
    const auto now = clock_service::of(context).now();
    const bool dot = format == graph_format::dot;
    std::string out = dot ? "digraph streamx {\n  rankdir=LR;\n  node [shape=box];\n" : "";
    for (const auto& part : parts)
        dot ? detail::append_dot(out, part, now) : detail::append_text(out, part, now);
    return dot ? out + "}\n" : out;
}

} // namespace streamx
