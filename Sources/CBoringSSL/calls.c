// What the header says, by the calls of BoringSSL.
#include "CBoringSSL.h"
#include "CNIOBoringSSL.h"

static SSL_CTX *context_of(countersign_boring_context *context) { return (SSL_CTX *)context; }
static SSL *client_of(countersign_boring_client *client) { return (SSL *)client; }

static enum ssl_verify_result_t take_any(SSL *ssl, uint8_t *alert) {
    (void)ssl;
    (void)alert;
    return ssl_verify_ok;
}

countersign_boring_context *countersign_boring_context_new(void) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    if (context == NULL) return NULL;
    if (!SSL_CTX_set_min_proto_version(context, TLS1_VERSION)) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_custom_verify(context, SSL_VERIFY_PEER, take_any);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_enable_ocsp_stapling(context);
    return (countersign_boring_context *)context;
}

void countersign_boring_context_free(countersign_boring_context *context) { SSL_CTX_free(context_of(context)); }

int countersign_boring_context_offer(
    countersign_boring_context *context, const uint16_t *signatures, size_t signatures_count, const uint16_t *groups,
    size_t groups_count, const char *ciphers) {
    ERR_clear_error();
    int is_set = SSL_CTX_set_verify_algorithm_prefs(context_of(context), signatures, signatures_count)
        && SSL_CTX_set1_group_ids(context_of(context), groups, groups_count)
        && SSL_CTX_set_strict_cipher_list(context_of(context), ciphers);
    ERR_clear_error();
    return is_set;
}

void countersign_boring_context_set_chain_bytes(countersign_boring_context *context, size_t count) {
    SSL_CTX_set_max_cert_list(context_of(context), count);
}

countersign_boring_client *countersign_boring_client_new(countersign_boring_context *context, const char *server_name) {
    ERR_clear_error();
    SSL *ssl = SSL_new(context_of(context));
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (ssl == NULL || in == NULL || out == NULL) {
        BIO_free(in);
        BIO_free(out);
        SSL_free(ssl);
        return NULL;
    }
    // Empty is not at its end.
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    if (server_name != NULL && !SSL_set_tlsext_host_name(ssl, server_name)) {
        SSL_free(ssl);
        ssl = NULL;
    }
    ERR_clear_error();
    return (countersign_boring_client *)ssl;
}

void countersign_boring_client_free(countersign_boring_client *client) { SSL_free(client_of(client)); }

int countersign_boring_client_hear(countersign_boring_client *client, const uint8_t *bytes, size_t count) {
    return BIO_write_all(SSL_get_rbio(client_of(client)), bytes, count);
}

size_t countersign_boring_client_said(countersign_boring_client *client, const uint8_t **bytes) {
    size_t count = 0;
    return BIO_mem_contents(SSL_get_wbio(client_of(client)), bytes, &count) ? count : 0;
}

void countersign_boring_client_forget_said(countersign_boring_client *client) {
    BIO_reset(SSL_get_wbio(client_of(client)));
}

countersign_boring_step countersign_boring_client_shake(countersign_boring_client *client) {
    ERR_clear_error();
    int result = SSL_do_handshake(client_of(client));
    if (result == 1) return countersign_boring_done;
    return SSL_get_error(client_of(client), result) == SSL_ERROR_WANT_READ ? countersign_boring_listening
                                                                           : countersign_boring_failed;
}

void countersign_boring_client_say_goodbye(countersign_boring_client *client) {
    SSL_shutdown(client_of(client));
    ERR_clear_error();
}

size_t countersign_boring_client_certificates(countersign_boring_client *client) {
    const STACK_OF(CRYPTO_BUFFER) *chain = SSL_get0_peer_certificates(client_of(client));
    return chain == NULL ? 0 : sk_CRYPTO_BUFFER_num(chain);
}

size_t countersign_boring_client_certificate(countersign_boring_client *client, size_t index, const uint8_t **bytes) {
    const STACK_OF(CRYPTO_BUFFER) *chain = SSL_get0_peer_certificates(client_of(client));
    const CRYPTO_BUFFER *certificate = chain == NULL ? NULL : sk_CRYPTO_BUFFER_value(chain, index);
    if (certificate == NULL) return 0;
    *bytes = CRYPTO_BUFFER_data(certificate);
    return CRYPTO_BUFFER_len(certificate);
}

size_t countersign_boring_client_staple(countersign_boring_client *client, const uint8_t **bytes) {
    size_t count = 0;
    SSL_get0_ocsp_response(client_of(client), bytes, &count);
    return count;
}

const char *countersign_boring_client_version(countersign_boring_client *client) {
    return SSL_get_version(client_of(client));
}

const char *countersign_boring_client_cipher(countersign_boring_client *client) {
    const SSL_CIPHER *cipher = SSL_get_current_cipher(client_of(client));
    return cipher == NULL ? NULL : SSL_CIPHER_get_name(cipher);
}

countersign_boring_fault countersign_boring_take_fault(const char **words) {
    uint32_t error = ERR_get_error();
    ERR_clear_error();
    *words = ERR_reason_error_string(error);
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return countersign_boring_fault_other;
    int reason = ERR_GET_REASON(error);
    if (reason >= SSL_AD_REASON_OFFSET) {
        *words = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
        return countersign_boring_fault_alert;
    }
    switch (reason) {
    case SSL_R_EXCESSIVE_MESSAGE_SIZE: return countersign_boring_fault_too_large;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNEXPECTED_RECORD:
    case SSL_R_ENCRYPTED_LENGTH_TOO_LONG: return countersign_boring_fault_not_tls;
    default: return countersign_boring_fault_other;
    }
}
