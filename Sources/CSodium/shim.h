#ifndef COUNTERSIGN_SODIUM_SHIM_H
#define COUNTERSIGN_SODIUM_SHIM_H
#include <sodium/core.h>
#include <sodium/crypto_sign_ed25519.h>
#endif
