// Module map and shims only, no logic: macros that Swift cannot import.
#ifndef COUNTERSIGN_OPENSSL_SHIM_H
#define COUNTERSIGN_OPENSSL_SHIM_H
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ocsp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Certificates (PKI).
static inline unsigned long countersign_xn_flag_rfc2253(void) { return XN_FLAG_RFC2253; }
static inline long countersign_bio_get_mem_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

static inline void countersign_extensions_free(STACK_OF(X509_EXTENSION) *all) { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); }

// Keys in tokens (PKI). Engines are deprecated in OpenSSL 3, and Debian 12 has no provider for PKCS#11.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static inline void countersign_engine_load_dynamic(void) { ENGINE_load_dynamic(); }
static inline ENGINE *countersign_engine_by_id(const char *id) { return ENGINE_by_id(id); }
static inline int countersign_engine_init(ENGINE *engine) { return ENGINE_init(engine); }
static inline EVP_PKEY *countersign_engine_load_private_key(ENGINE *engine, const char *key) {
    return ENGINE_load_private_key(engine, key, (UI_METHOD *)UI_null(), NULL);
}
static inline void countersign_engine_finish(ENGINE *engine) { ENGINE_finish(engine); }
static inline void countersign_engine_free(ENGINE *engine) { ENGINE_free(engine); }
#pragma GCC diagnostic pop

// Handshakes (TLSProbe).
static inline int countersign_ssl_ctx_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline long countersign_ssl_ctx_set_max_cert_list(SSL_CTX *context, long bytes) {
    return SSL_CTX_set_max_cert_list(context, bytes);
}
static inline long countersign_ssl_ctx_set_session_cache_off(SSL_CTX *context) {
    return SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}
static inline int countersign_ssl_ctx_set1_sigalgs_list(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_sigalgs_list(context, list);
}
static inline int countersign_ssl_set_tlsext_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
/// Asks the server for an OCSP response beside its certificate (RFC 6066, 8).
static inline long countersign_ssl_set_status_request(SSL *ssl) {
    return SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
}
static inline long countersign_ssl_get_status_response(SSL *ssl, const unsigned char **bytes) {
    return SSL_get_tlsext_status_ocsp_resp(ssl, bytes);
}
static inline uint64_t countersign_ssl_op_observe(void) {
    return SSL_OP_ALL | SSL_OP_NO_TICKET | SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_RENEGOTIATION;
}

/// EVP_PKEY_PUBLIC_KEY, for EVP_PKEY_fromdata.
static inline int countersign_evp_pkey_public(void) { return EVP_PKEY_PUBLIC_KEY; }
#endif
