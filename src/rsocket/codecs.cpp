#include <streamx/rsocket/codecs.hpp>

#include <streamx/core/error.hpp>
#include <streamx/rsocket/error.hpp>
#include <streamx/rsocket/requester.hpp>
#include <streamx/rsocket/router.hpp>
#include <streamx/rsocket/typed_stream.hpp>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace streamx::rsocket::detail {
namespace {

using boost::system::system_error;

std::optional<std::size_t> find(mime_types types, std::string_view type) noexcept {
    const auto found = std::find_if(
        types.begin(), types.end(), [type](std::string_view one) { return same_type(one, type); });
    if (found == types.end())
        return {};
    return static_cast<std::size_t>(found - types.begin());
}

std::string list_of(mime_types types) {
    std::string list;
    for (const auto& type : types)
        list.append(list.empty() ? "" : " or ").append(type);
    return list;
}

std::vector<std::string> strings(mime_types types) { return {types.begin(), types.end()}; }

/// Metadata of an answer that says of which type it is.
std::optional<std::string> label(std::string_view type) {
    request_metadata m;
    m.data_type = type;
    return m.encode();
}

std::string quoted(std::string_view type) { return "'" + std::string(type) + "'"; }

} // namespace

void rethrow_undecodable(std::string_view type, bool of_request) {
    const auto fail = [&](const std::string& why) {
        const auto text = std::string(type) + ": " + why;
        if (of_request)
            throw system_error(errc::invalid, text);
        throw system_error(streamx::errc::malformed, text);
    };
    try {
        throw;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& e) {
        fail(e.what());
    } catch (...) {
        fail("the codec has thrown something that is no exception");
    }
    std::terminate(); // not reached
}

std::size_t index_of(mime_types types, std::string_view type) {
    const auto index = find(types, type);
    if (!index)
        throw system_error(
            streamx::errc::unencodable, "rsocket: this type has no codec for " + quoted(type));
    return *index;
}

std::size_t choose_question(request_metadata& to, mime_types types, std::string_view connections) {
    if (!to.data_type.empty())
        return index_of(types, to.data_type);
    if (const auto index = find(types, connections))
        return *index;
    to.data_type = types.front();
    return 0;
}

std::size_t choose_answer(request_metadata& to, mime_types types, std::string_view connections) {
    if (!to.accepted_types.empty())
        return index_of(types, to.accepted_types.front());
    const std::string_view implied = to.data_type.empty() ? connections : to.data_type;
    if (const auto index = find(types, implied))
        return *index;
    to.accepted_types = strings(types);
    return 0;
}

std::size_t choose_question(const request& r, mime_types types) {
    const auto index = find(types, r.data_type);
    if (!index)
        throw system_error(
            errc::invalid,
            "the route '" + r.route + "' takes " + list_of(types) + ", and not " +
                quoted(r.data_type));
    return *index;
}

answer_form choose_answer(const request& r, mime_types types) {
    const auto& accepted = r.metadata.accepted_types;
    for (const auto& type : accepted)
        if (const auto index = find(types, type))
            return {*index, &type == &accepted.front() ? std::nullopt : label(types[*index])};
    if (const auto index = find(types, r.data_type); index && accepted.empty())
        return {*index, {}};
    if (!accepted.empty() || !r.composite_metadata)
        throw system_error(
            errc::invalid,
            "the route '" + r.route + "' answers with " + list_of(types) +
                (accepted.empty() ? ", and the metadata of this connection cannot say so"
                                  : ", which is not accepted"));
    return {0, label(types.front())};
}

std::optional<std::size_t> labelled(const payload& answer, mime_types types) {
    std::string said;
    try {
        for (const auto& e : decode_composite(*answer.metadata))
            if (e.type == mime::data_type)
                if (auto listed = decode_mime_types(e.content); !listed.empty())
                    said = std::move(listed.front());
    } catch (const system_error&) {
        return {}; // metadata of another kind: it says nothing of this
    }
    if (said.empty())
        return {};
    const auto index = find(types, said);
    if (!index)
        throw system_error(
            streamx::errc::malformed,
            "the answer is " + quoted(said) + ", and not " + list_of(types));
    return index;
}

} // namespace streamx::rsocket::detail
