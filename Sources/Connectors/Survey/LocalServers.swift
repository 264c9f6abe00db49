// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Foundation
internal import Glibc

/// A server that runs on this machine now, as proc(5) shows its first process.
package struct RunningServer: Sendable, Hashable {
    package var processID: Int32
    /// What a Device would say of it.
    package var server: DeviceSpec.Server
    /// It has a file system of its own: the files that it names are not this machine's.
    package var isInContainer: Bool

    package init(processID: Int32, server: DeviceSpec.Server, isInContainer: Bool) {
        (self.processID, self.server, self.isInContainer) = (processID, server, isInContainer)
    }

    package var configuration: String { server.configurations.first?.path ?? "" }
}

/// The servers of the kinds that we know, each once. Starts nothing and asks nobody.
package enum LocalServers {
    package static func running() -> [RunningServer] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        var found: [RunningServer] = []
        for process in processes.sorted() {
            guard let process = Process(process), process.isFirst, let server = process.server else { continue }
            // Postfix and dovecot have helpers, and haproxy a worker, that look like the first process.
            if found.contains(where: {
                $0.server.kind == server.kind && $0.configuration == server.configurations.first?.path
            }) {
                continue
            }
            found.append(
                RunningServer(
                    processID: process.id, server: server, isInContainer: process.link("ns/mnt") != Process.ownMounts))
        }
        return found
    }
}

private struct Process {
    let id: Int32
    let program: String
    let arguments: [String]
    static let ownMounts = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/mnt")

    init?(_ id: Int32) {
        self.id = id
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/exe"),
            let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline"), !line.isEmpty
        else { return nil }
        // Replaced on disk by an upgrade since it was started.
        self.program = program.hasSuffix(" (deleted)") ? String(program.dropLast(10)) : program
        let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        // Some write a title of their own over their arguments: one string, blanks between.
        arguments = words.count == 1 ? words[0].split(separator: " ").map(String.init) : words
    }

    private var name: String { program.split(separator: "/").last.map(String.init) ?? "" }
    func link(_ file: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/\(file)")
    }

    /// No process of the same program has started it.
    var isFirst: Bool {
        guard let status = FileManager.default.contents(atPath: "/proc/\(id)/stat") else { return false }
        // The name in brackets may hold anything.
        let fields = String(decoding: status, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 1, let parent = Int32(fields[1]) else { return false }
        let above = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(parent)/exe")
        return above != program
    }

    private func value(of option: String) -> String? {
        for (index, argument) in arguments.enumerated() {
            if argument == option { return index + 1 < arguments.count ? arguments[index + 1] : nil }
            if option.hasPrefix("--"), argument.hasPrefix(option + "=") {
                return String(argument.dropFirst(option.count + 1))
            }
        }
        return nil
    }

    private func path(_ text: String) -> String {
        text.hasPrefix("/") ? normalized(text) : normalized(joined(link("cwd") ?? "/", text))
    }

    /// The service manager's own way, where it is the one that started it.
    private var unit: [String]? {
        guard let text = FileManager.default.contents(atPath: "/proc/\(id)/cgroup") else { return nil }
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            guard let last = line.split(separator: "/").last, last.hasSuffix(".service") else { continue }
            return ["systemctl", "reload", String(last.dropLast(8))]
        }
        return nil
    }

    var server: DeviceSpec.Server? {
        switch name {
        case "nginx":
            guard
                arguments.starts(with: ["nginx:", "master", "process"]) || arguments.first?.hasSuffix("nginx") == true
            else { return nil }
            let config = path(value(of: "-c") ?? "/etc/nginx/nginx.conf")
            let prefix = value(of: "-p")
            return .nginx(
                .init(
                    config: config,
                    reload: unit ?? [program, "-c", config] + (prefix.map { ["-p", $0] } ?? []) + ["-s", "reload"],
                    binary: program == "/usr/sbin/nginx" ? nil : program, prefix: prefix))
        case "haproxy":
            let config = path(value(of: "-f") ?? "/etc/haproxy/haproxy.cfg")
            let pidFile = value(of: "-p").map(path)
            guard let reload = unit ?? pidFile.map({ ["/bin/sh", "-c", "kill -USR2 \"$(head -n 1 \"$0\")\"", $0] })
            else {
                return nil
            }
            return .haproxy(
                .init(config: config, reload: reload, binary: program == "/usr/sbin/haproxy" ? nil : program))
        case "apache2", "httpd":
            let config = path(
                value(of: "-f") ?? (name == "apache2" ? "/etc/apache2/apache2.conf" : "/etc/httpd/conf/httpd.conf"))
            return .apache(
                .init(config: config, reload: unit ?? [program, "-f", config, "-k", "graceful"], binary: program))
        case "postgres":
            guard let data = value(of: "-D").map(path) else { return nil }
            var config = joined(data, "postgresql.conf")
            if let given = value(of: "--config-file") { config = path(given) }
            for (option, setting) in zip(arguments, arguments.dropFirst()) where option == "-c" {
                if setting.hasPrefix("config_file=") { config = path(String(setting.dropFirst(12))) }
            }
            return .postgresql(
                .init(
                    config: config,
                    reload: unit ?? ["/bin/sh", "-c", "kill -HUP \"$(head -n 1 \"$0/postmaster.pid\")\"", data],
                    binaries: folder(of: program)))
        case "master" where program.contains("/postfix/"):
            let environment = FileManager.default.contents(atPath: "/proc/\(id)/environ") ?? Data()
            let given = environment.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                .first { $0.hasPrefix("MAIL_CONFIG=") }
            let config = given.map { path(String($0.dropFirst(12))) } ?? "/etc/postfix"
            return .postfix(.init(config: config, reload: ["postfix", "-c", config, "reload"]))
        case "dovecot":
            let config = path(value(of: "-c") ?? "/etc/dovecot/dovecot.conf")
            return .dovecot(.init(config: config, reload: ["doveadm", "-c", config, "reload"]))
        default: return nil
        }
    }
}
