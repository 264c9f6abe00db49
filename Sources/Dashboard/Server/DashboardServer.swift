// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import NIOPosix
package import Operations
package import Vocabulary

/// The pages over HTTP. It reads the board and nothing else; who has a secret can wake the service.
package struct DashboardServer: Sendable {
    private let board: Board
    private let listening: Listening
    private let time: any TimeSource
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called for each request to do so that is signed as it must be.
    package init(
        _ board: Board, at listening: Listening, time: any TimeSource, wake: @escaping @Sendable () -> Void = {}
    ) {
        (self.board, self.listening, self.time, self.wake) = (board, listening, time, wake)
    }

    /// Serves until the task is cancelled.
    ///
    /// - Parameter ready: told the address once it listens.
    /// - Throws: `CannotListen`, `Certificate`.
    package func run(ready: @escaping @Sendable (String) -> Void) async throws(UserError) {
        let builder = try Encryption.builder(listening.certificate)
        let listening = listening
        // One thread for sockets; what is answered is made on another.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var silent = Logger(label: "dashboard") { _ in SwiftLogNoOpLogHandler() }
        silent.logLevel = .critical
        let application = Application(
            responder: Responder(
                board: board, access: listening.access, webhook: listening.webhook, time: time, wake: wake),
            server: builder,
            configuration: ApplicationConfiguration(
                address: .hostname(listening.address, port: listening.port),
                availableConnectionsDelegate: MaximumAvailableConnections(1024)),
            onServerRunning: { channel in ready(listening.url(port: channel.localAddress?.port ?? listening.port)) },
            eventLoopGroupProvider: .shared(group), logger: silent)
        var failure: UserError?
        do {
            try await withTaskExecutorPreference(ServingThread()) { try await application.run() }
        } catch is CancellationError {
        } catch {
            failure = UserError(
                "CannotListen", "\(listening.url(port: listening.port)): \(error)",
                hint: "is another program at that address?")
        }
        try? await group.shutdownGracefully()
        if let failure, !Task.isCancelled { throw failure }
    }
}

private struct Responder: HTTPResponder {
    typealias Context = BasicRequestContext
    let board: Board
    let access: Access
    let webhook: Webhook?
    let time: any TimeSource
    let wake: @Sendable () -> Void

    func respond(to request: Request, context: Context) async throws -> Response {
        let (path, query) = Self.target(request.head.path ?? "/")
        if let webhook, path == ["wake"] { return await woken(request, by: webhook) }
        var response = Self.response(answer(request, path, query), isHead: request.method == .head)
        if request.method != .get && request.method != .head { response.headers[.allow] = "GET, HEAD" }
        if response.status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer realm=\"countersign\"" }
        return response
    }

    /// Asks for no token: the signature says who it is.
    private func woken(_ request: Request, by webhook: Webhook) async -> Response {
        guard access.verdict(host: request.head.authority, authorization: nil, isOpen: true) == .allowed else {
            return Self.response(.plain(421, "This is not the host that you asked for."), isHead: false)
        }
        guard request.method == .post else {
            var response = Self.response(.plain(405, "This is only to be posted to."), isHead: request.method == .head)
            response.headers[.allow] = "POST"
            return response
        }
        guard let body = try? await request.body.collect(upTo: Webhook.longestBody) else {
            return Self.response(.plain(413, "64 KiB are the most."), isHead: false)
        }
        let verdict = webhook.verdict(
            timestamp: Self.field("Countersign-Timestamp", request), signature: Self.field("Countersign-Signature", request),
            body: Array(body.readableBytesView), now: time.now)
        switch verdict {
        case .accepted:
            wake()
            return Self.response(.plain(202, "It looks now."), isHead: false)
        case .notSigned: return Self.response(.plain(403, "It is not signed by anybody who may."), isHead: false)
        case .outOfTime:
            return Self.response(.plain(403, "It was signed more than five minutes from now: look at the clocks."), isHead: false)
        case .repeated: return Self.response(.plain(409, "It was here before."), isHead: false)
        }
    }

    private static func field(_ name: String, _ request: Request) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    private func answer(_ request: Request, _ path: [String]?, _ query: Query) -> Answer {
        let verdict = access.verdict(
            host: request.head.authority, authorization: request.headers[.authorization],
            isOpen: path.map(Answer.isOpen) ?? false)
        switch verdict {
        case .wrongHost: return .plain(421, "This is not the host that you asked for.")
        case .tokenNeeded: return .plain(401, "A token is needed: Authorization: Bearer TOKEN")
        case .allowed: break
        }
        guard request.method == .get || request.method == .head else { return .plain(405, "This only shows.") }
        guard let path else { return .plain(400, "That is no address.") }
        return Answer.make(path: path, query: query, reading: board.now, now: time.now)
    }

    private static func response(_ answer: Answer, isHead: Bool) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = answer.type
        headers[.cacheControl] = answer.isLasting ? "public, max-age=86400" : "no-store"
        headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in fixed { headers[name] = value }
        let bytes = ByteBuffer(string: answer.body)
        headers[.contentLength] = String(bytes.readableBytes)
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: headers,
            body: isHead ? ResponseBody() : ResponseBody(byteBuffer: bytes))
    }

    private static let fixed: [(HTTPField.Name, String)] = [
        ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }

    /// - Returns: the decoded parts of the path, nil where they are no text; and the query.
    private static func target(_ target: String) -> (path: [String]?, Query) {
        guard target.utf8.count <= 4096, target.hasPrefix("/") else { return (nil, Query([:])) }
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var parts: [String]? = []
        for part in halves[0].split(separator: "/") {
            guard let text = String(part).removingPercentEncoding else {
                parts = nil
                break
            }
            parts?.append(text)
        }
        var items: [String: String] = [:]
        for item in (halves.count > 1 ? halves[1] : "").split(separator: "&").prefix(32) {
            let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let name = String(sides[0]).removingPercentEncoding,
                let value = sides[1].replacing("+", with: " ").removingPercentEncoding
            else { continue }
            items[name] = value
        }
        return (parts, Query(items))
    }
}
