#include <streamx/io/detail/http_peer.hpp>

namespace streamx::io::detail {

template class connection<transport>;
template class reader<transport>;
template class outbox<transport>;

} // namespace streamx::io::detail
