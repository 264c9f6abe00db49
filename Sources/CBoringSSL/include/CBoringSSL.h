// BoringSSL, as it is inside swift-nio-ssl, under names of its own. Its headers and OpenSSL's declare the same names, and types of
// the same name that differ, so no module of Swift can see both, nor can any that uses it (measured: Clang refuses DIST_POINT). Calls
// only; whoever makes them is TLSProbe.
#ifndef COUNTERSIGN_BORINGSSL_H
#define COUNTERSIGN_BORINGSSL_H
#include <stddef.h>
#include <stdint.h>

/// An `SSL_CTX *` and an `SSL *`; freed by who has made them.
typedef struct countersign_boring_context countersign_boring_context;
typedef struct countersign_boring_client countersign_boring_client;

/// For clients that observe: no chain is built or verified, no session kept, a stapled OCSP response asked for, and TLS 1.0 spoken.
/// That a server has the key of its certificate is verified in every handshake; BoringSSL has no way to leave it out.
countersign_boring_context *countersign_boring_context_new(void);
void countersign_boring_context_free(countersign_boring_context *context);
/// In the order of preference, by code points of TLS and OpenSSL's names of cipher suites. 1, or 0 where it does not know one. A key is
/// sent for the first group only.
int countersign_boring_context_offer(
    countersign_boring_context *context, const uint16_t *signatures, size_t signatures_count, const uint16_t *groups,
    size_t groups_count, const char *ciphers);
/// For all certificates of a server, at least 16 KB.
void countersign_boring_context_set_chain_bytes(countersign_boring_context *context, size_t count);

/// It reads and writes memory. NULL: no memory, or no such name.
countersign_boring_client *countersign_boring_client_new(countersign_boring_context *context, const char *server_name);
void countersign_boring_client_free(countersign_boring_client *client);
/// 1, or 0 where there is no memory.
int countersign_boring_client_hear(countersign_boring_client *client, const uint8_t *bytes, size_t count);
/// What it wants to have sent; until the next call.
size_t countersign_boring_client_said(countersign_boring_client *client, const uint8_t **bytes);
void countersign_boring_client_forget_said(countersign_boring_client *client);

typedef enum countersign_boring_step {
    countersign_boring_done,
    countersign_boring_listening,
    countersign_boring_failed,
} countersign_boring_step;
countersign_boring_step countersign_boring_client_shake(countersign_boring_client *client);
void countersign_boring_client_say_goodbye(countersign_boring_client *client);

/// How many there are; of one, how many bytes.
size_t countersign_boring_client_certificates(countersign_boring_client *client);
size_t countersign_boring_client_certificate(countersign_boring_client *client, size_t index, const uint8_t **bytes);
size_t countersign_boring_client_staple(countersign_boring_client *client, const uint8_t **bytes);
/// By OpenSSL's names.
const char *countersign_boring_client_version(countersign_boring_client *client);
const char *countersign_boring_client_cipher(countersign_boring_client *client);

typedef enum countersign_boring_fault {
    countersign_boring_fault_alert,
    countersign_boring_fault_not_tls,
    countersign_boring_fault_too_large,
    countersign_boring_fault_other,
} countersign_boring_fault;
/// The oldest entry of this thread's queue, which is empty afterwards; its words, or NULL.
countersign_boring_fault countersign_boring_take_fault(const char **words);
#endif
