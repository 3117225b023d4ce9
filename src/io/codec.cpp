#include <streamx/io/codec.hpp>

namespace streamx::io {

void throw_codec_error(errc e, const char* what) { throw boost::system::system_error(e, what); }

} // namespace streamx::io
