// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What is said to haproxy's runtime socket, by socat on the device: a key goes from its file to the socket, and nowhere else.
enum HAProxySocket {
    static let ask = """
        printf '%s\\n' "$2" | socat -t 30 - "UNIX-CONNECT:$1"
        """

    /// Constant: socket, the name by which haproxy knows the certificate, the files that it is made of. Prints what was answered.
    ///
    /// An open transaction of somebody else takes up what we set, under *its* name: after `set` on B the answer is `Transaction
    /// updated for certificate A`, and a commit would serve B's certificate as A's (measured). Nothing is committed unless a
    /// transaction of our own was created; what we have spoilt is ended.
    static let exchange = """
        socket=$1 name=$2
        shift 2
        say() { socat -t 30 - "UNIX-CONNECT:$socket"; }
        answer=$({ printf 'set ssl cert %s <<\\n' "$name" && sed -e '/^[[:space:]]*$/d' -e 's/\\r$//' -- "$@" && printf '\\n\\n'; } | say) || exit 3
        printf '%s\\n' "$answer"
        case $answer in
        "Transaction created for certificate $name!"*) ;;
        *"Transaction updated for certificate "*)
            other=${answer##*"Transaction updated for certificate "}
            printf 'abort ssl cert %s\\n' "${other%!*}" | say
            exit 4 ;;
        *) exit 5 ;;
        esac
        answer=$(printf 'commit ssl cert %s\\n' "$name" | say) || exit 3
        printf '%s\\n' "$answer"
        case $answer in
        *Success!*) exit 0 ;;
        esac
        printf 'abort ssl cert %s\\n' "$name" | say
        exit 6
        """

    static func judge(_ ran: Ran, _ name: String) throws(DeviceError) {
        switch ran.exit {
        case 0: return
        case 4:
            throw DeviceError(
                .refused, operation: "runtime socket",
                detail:
                    "\(name): a transaction of somebody else's was open, and took it up; it is ended, and must be begun anew: "
                    + said(ran))
        case 5, 6: throw DeviceError(.refused, operation: "runtime socket", detail: "\(name): \(said(ran))")
        default: throw failure(ran, name)
        }
    }

    private static func said(_ ran: Ran) -> String {
        String(decoding: ran.output, as: UTF8.self).split(separator: "\n").joined(separator: " ")
    }

    static func failure(_ ran: Ran, _ what: String) -> DeviceError {
        DeviceError(
            .failed, operation: "runtime socket",
            detail: ran.exit == 127 || ran.words.contains("socat: not found")
                ? "socat: not found: it is needed on the device where `socket` is declared"
                : "\(what): exit status \(ran.exit): \(ran.words)")
    }
}
