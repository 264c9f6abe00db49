// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// PostgreSQL. A reload with a key that does not match is exit status 0 and a line in the log: the old one serves on (measured).
/// A candidate is judged by a database of its own, empty and without a network, that is started with it.
struct PostgreSQLDriver: FileDriver {
    var files: FileSlots
    let postgresql: DeviceSpec.PostgreSQL
    let timeouts: DeviceSpec.Timeouts
    let tokenForm = "postgresql/1"
    var shadow: ShadowFolders.Need? { .alone }
    var reload: [String]? { postgresql.reload }

    var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: true, isCloud: false, isHitless: true)
    }

    /// `-C` first: that alone root may ask. Where the configuration names no data folder, it lies in it. Relative names are
    /// relative to the data folder.
    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts {
        let postgres = joined(postgresql.binaries, "postgres")
        let values = try await answers(
            ["data_directory", "ssl", "ssl_cert_file", "ssl_key_file"].map { parameter in
                [
                    postgres, "-C", parameter, "-D", folder(of: postgresql.config),
                    "--config-file=\(postgresql.config)",
                ]
            }
        ).map { $0.split(separator: "\n").last.map(String.init) ?? "" }
        let names = values.suffix(2).map { $0.hasPrefix("/") ? $0 : joined(values[0], $0) }
        let found = try await ConfigurationFiles.load([postgresql.config], through: transport, within: timeouts.check)
        return ConfigurationFacts(
            digest: found.digest(with: values), referenced: Set(paths).intersection(values[1] == "on" ? names : []),
            named: names)
    }

    /// Each by itself: a database has one certificate. The files as they are staged, with owner and mode, because PostgreSQL
    /// judges those too, and reads the key as the user whom it runs as.
    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        try await withShadow(of: staged) { (check) throws(DeviceError) in
            var shadow = check
            return try await check.verdicts { (some) throws(DeviceError) in
                for index in some {
                    let slot = staged.batch.candidates[index].slot
                    let overlay = check.candidates[index].overlay
                    func file(_ path: String) -> String? { if let staged = overlay[path] { staged } else { path } }
                    // Nothing is put there by a removal.
                    guard let certificate = file(slot.path), let key = file(slot.keyPath) else { continue }
                    let argv =
                        [
                            "/bin/sh", "-c", Self.script, "countersign", postgresql.binaries,
                            postgresql.user ?? "postgres",
                        ]
                        + [certificate, key]
                    guard let ran = try await shadow.run(argv, seeing: [:], isAlone: true) else {
                        throw ShadowCheck.needsNamespace
                    }
                    if let words = try ran.refusal() { return words }
                }
                return nil
            }
        }
    }

    /// Constant: binaries, user, certificate, key. In memory, in a mount namespace of its own: nothing of it outlives the check.
    private static let script = """
        set -eu
        place=/run
        # What goes wrong here is not the candidate's fault.
        {
            mount -n -t tmpfs -o mode=755 tmpfs "$place" && mkdir "$place/data" && chown "$2" "$place/data" &&
                cp -p -- "$3" "$place/certificate" && cp -p -- "$4" "$place/key" && cd "$place"
        } || exit 126
        bin=$1
        set -- setpriv "--reuid=$2" "--regid=$(id -g "$2")" --init-groups --
        "$@" "$bin/initdb" -D "$place/data" -N -A reject --no-locale -E UTF8 -U countersign >"$place/log" 2>&1 || {
            cat "$place/log" >&2
            exit 126
        }
        cat >>"$place/data/postgresql.conf" <<END
        ssl = on
        ssl_cert_file = '$place/certificate'
        ssl_key_file = '$place/key'
        listen_addresses = ''
        unix_socket_directories = '$place/data'
        END
        if "$@" "$bin/pg_ctl" -D "$place/data" -w -t 60 -s -l "$place/data/log" start 2>"$place/log"; then
            "$@" "$bin/pg_ctl" -D "$place/data" -m immediate -s stop
            exit 0
        fi
        grep -h -e FATAL "$place/data/log" >&2 && exit 1
        cat "$place/log" "$place/data/log" >&2
        exit 126
        """
}
