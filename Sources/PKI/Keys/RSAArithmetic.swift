// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Do the numbers of an RSA private key (RFC 8017, 3.2) belong together?
///
/// OpenSSL's own check also tests the primes, which takes 30 ms for 2048 bits and 230 ms for 4096 (measured); this
/// takes microseconds. It is not redundant beside a signature that verifies: where a prime is wrong OpenSSL signs with
/// the exponent alone, and other software with the same key does not.
enum RSAArithmetic {
    static func holds(_ key: OpaquePointer) -> Bool {
        guard let scratch = BN_CTX_secure_new() else { return false }
        defer { BN_CTX_free(scratch) }
        func number(_ name: String) -> Number? { Number(name, of: key) }
        guard number("rsa-factor3") == nil,  // with more primes than two it is no key for TLS servers
            let n = number("n"), let e = number("e"), let d = number("d"), let p = number("rsa-factor1"),
            let q = number("rsa-factor2"), let dp = number("rsa-exponent1"), let dq = number("rsa-exponent2"),
            let inverse = number("rsa-coefficient1")
        else { return false }
        let one = Number()
        let (pLess, qLess) = (Number(), Number())
        let result = Number()
        guard BN_set_word(one.raw, 1) == 1, BN_cmp(p.raw, one.raw) > 0, BN_cmp(q.raw, one.raw) > 0,
            BN_sub(pLess.raw, p.raw, one.raw) == 1, BN_sub(qLess.raw, q.raw, one.raw) == 1,
            BN_mul(result.raw, p.raw, q.raw, scratch) == 1, BN_cmp(result.raw, n.raw) == 0
        else { return false }
        func isOne(_ a: Number, times b: Number, modulo m: Number) -> Bool {
            BN_mod_mul(result.raw, a.raw, b.raw, m.raw, scratch) == 1 && BN_is_one(result.raw) == 1
        }
        func reduces(modulo m: Number, to expected: Number) -> Bool {
            BN_div(nil, result.raw, d.raw, m.raw, scratch) == 1 && BN_cmp(result.raw, expected.raw) == 0
        }
        return isOne(d, times: e, modulo: pLess) && isOne(d, times: e, modulo: qLess)
            && reduces(modulo: pLess, to: dp) && reduces(modulo: qLess, to: dq)
            && isOne(inverse, times: q, modulo: p)
    }

    /// Owns one `BIGNUM *`, cleansed when it goes.
    private final class Number {
        let raw: OpaquePointer?

        init() { raw = BN_secure_new() }

        init?(_ name: String, of key: OpaquePointer) {
            var number: OpaquePointer?
            let found = EVP_PKEY_get_bn_param(key, name, &number) == 1
            raw = number
            if !found { return nil }
        }

        deinit { BN_clear_free(raw) }
    }
}
