// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What is said to haproxy's runtime socket, by socat on the device: a key goes from its file to the socket, and nowhere else.
enum HAProxySocket {
    /// Exit: a certificate that the process has not loaded.
    static let notLoaded: Int32 = 9

    /// Constant: socket, then for each certificate the name by which haproxy knows it, how many files it is made of (1 or 2), and
    /// those. Prints each name before what was answered. Nothing is done unless all are known; the first that fails is the last.
    ///
    /// An open transaction of somebody else takes up what we set, under *its* name: after `set` on B the answer is `Transaction
    /// updated for certificate A`, and a commit would serve B's certificate as A's (measured). Nothing is committed unless a
    /// transaction of our own was created; what we have spoilt is ended.
    static let exchange = """
        socket=$1
        shift
        say() { socat -t 30 - "UNIX-CONNECT:$socket"; }
        loaded=$(printf 'show ssl cert\\n' | say) || exit 3
        known() {
            while [ "$#" -gt 0 ]; do
                printf '%s\\n' "$loaded" | grep -qxF -- "$1" || return 1
                shift "$(($2 + 2))"
            done
        }
        known "$@" || exit 9
        swap() {
            name=$1
            shift
            printf 'countersign: %s\\n' "$name"
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
            *Success!*) return 0 ;;
            esac
            printf 'abort ssl cert %s\\n' "$name" | say
            exit 6
        }
        while [ "$#" -gt 0 ]; do
            if [ "$2" = 1 ]; then swap "$1" "$3"; else swap "$1" "$3" "$4"; fi
            shift "$(($2 + 2))"
        done
        exit 0
        """

    static func judge(_ ran: Ran, _ socket: String) throws(DeviceError) {
        let lines = String(decoding: ran.output, as: UTF8.self).split(separator: "\n")
        let mark = "countersign: "
        let last = lines.lastIndex { $0.hasPrefix(mark) }
        let name = last.map { String(lines[$0].dropFirst(mark.count)) } ?? socket
        let said = lines.dropFirst(last.map { $0 + 1 } ?? 0).joined(separator: " ")
        switch ran.exit {
        case 0: return
        case 4:
            throw DeviceError(
                .refused, operation: "runtime socket",
                detail:
                    "\(name): a transaction of somebody else's was open, and took it up; it is ended, and must be begun anew: "
                    + said)
        case 5, 6: throw DeviceError(.refused, operation: "runtime socket", detail: "\(name): \(said)")
        default: throw failure(ran, name)
        }
    }

    private static func failure(_ ran: Ran, _ what: String) -> DeviceError {
        DeviceError(
            .failed, operation: "runtime socket",
            detail: ran.exit == 127 || ran.words.contains("socat: not found")
                ? "socat: not found: it is needed on the device where `socket` is declared"
                : "\(what): exit status \(ran.exit): \(ran.words)")
    }
}
