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
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/// EVP_PKEY_PUBLIC_KEY, for EVP_PKEY_fromdata.
static inline int countersign_evp_pkey_public(void) { return EVP_PKEY_PUBLIC_KEY; }
#endif
