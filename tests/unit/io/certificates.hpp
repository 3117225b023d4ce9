#pragma once

#include <string>

namespace streamx::testing {

/// What a test asks of a certificate.
struct certificate_request {
    std::string name = "localhost"; ///< whose it is; also its subject alternative name
    int first_day = -1;             ///< from today
    int last_day = 1;
};

/// A key and a certificate of it, PEM. Made anew in each test: none that is kept can expire.
struct certified {
    std::string certificate;
    std::string key;
};

/// One that signs others.
certified make_authority();
certified make_certificate(const certified& authority, const certificate_request& request = {});

} // namespace streamx::testing
