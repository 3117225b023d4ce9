#pragma once

#include <streamx/bridges/nats/connect_options.hpp>
#include <streamx/bridges/nats/connection.hpp>
#include <streamx/bridges/nats/deliver_from.hpp>
#include <streamx/bridges/nats/delivery.hpp>
#include <streamx/bridges/nats/ensure.hpp>
#include <streamx/bridges/nats/error.hpp>
#include <streamx/bridges/nats/jetstream_sink.hpp>
#include <streamx/bridges/nats/jetstream_source.hpp>
#include <streamx/bridges/nats/payload_codec.hpp>
#include <streamx/bridges/nats/subject_sink.hpp>
#include <streamx/bridges/nats/subject_source.hpp>
