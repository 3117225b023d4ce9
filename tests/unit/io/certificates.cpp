#include <unit/io/certificates.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace streamx::testing {
namespace {

template <class T, void (*Free)(T*)>
struct freed {
    void operator()(T* p) const { Free(p); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY, EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed<X509, X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freed<BIO, BIO_free_all>>;

void check(bool good) {
    if (!good)
        throw std::runtime_error("certificates: OpenSSL refuses");
}

template <class Write>
std::string pem(Write write) {
    const bio_ptr out(BIO_new(BIO_s_mem()));
    check(write(out.get()) == 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
}

bio_ptr reading(const std::string& text) {
    return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, freed<X509_EXTENSION, X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
    check(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

certified make(const certificate_request& request, const certified* authority) {
    static int serial = 0;
    const key_ptr key(EVP_EC_gen("P-256"));
    const certificate_ptr certificate(X509_new());
    check(key && certificate);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    constexpr long day = 24 * 60 * 60;
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), request.first_day * day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), request.last_day * day);
    X509_set_pubkey(certificate.get(), key.get());
    check(
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(certificate.get()),
            "CN",
            MBSTRING_UTF8,
            reinterpret_cast<const unsigned char*>(request.name.c_str()),
            -1,
            -1,
            0) == 1);
    if (authority) {
        const certificate_ptr issuer(
            PEM_read_bio_X509(reading(authority->certificate).get(), nullptr, nullptr, nullptr));
        const key_ptr signing(
            PEM_read_bio_PrivateKey(reading(authority->key).get(), nullptr, nullptr, nullptr));
        check(issuer && signing);
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
        extend(certificate.get(), issuer.get(), NID_subject_alt_name, "DNS:" + request.name);
        check(X509_sign(certificate.get(), signing.get(), EVP_sha256()) != 0);
    } else {
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
        extend(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
        check(X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0);
    }
    return {
        pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); }),
        pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        })};
}

} // namespace

certified make_authority() {
    static int number = 0;
    return make({.name = "streamx test authority " + std::to_string(++number)}, nullptr);
}

certified make_certificate(const certified& authority, const certificate_request& request) {
    return make(request, &authority);
}

} // namespace streamx::testing
