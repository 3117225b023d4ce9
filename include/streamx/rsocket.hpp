#pragma once

#include <streamx/rsocket/client.hpp>
#include <streamx/rsocket/codecs.hpp>
#include <streamx/rsocket/error.hpp>
#include <streamx/rsocket/metadata.hpp>
#include <streamx/rsocket/options.hpp>
#include <streamx/rsocket/payload.hpp>
#include <streamx/rsocket/payload_stream.hpp>
#include <streamx/rsocket/request.hpp>
#include <streamx/rsocket/requester.hpp>
#include <streamx/rsocket/router.hpp>
#include <streamx/rsocket/server.hpp>
#include <streamx/rsocket/typed_stream.hpp>
#include <streamx/rsocket/url.hpp>
