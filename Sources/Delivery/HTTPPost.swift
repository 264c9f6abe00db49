// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Planning
internal import TLSProbe
internal import Vocabulary

/// One POST to one address, answered with 2xx or not. Redirects lead where nobody has approved: they are refused, as is every other
/// answer. No proxy, no cookie, no second use of the connection.
struct HTTPPost: Sendable {
    var address: WebAddress
    var headers: [(String, String)]
    var body: [UInt8]
    /// PEM; nil: the roots of this host.
    var trustRoots: [UInt8]?

    func send(within limit: Duration) async throws(DeliveryError) {
        let deadline = ContinuousClock.now + limit
        let found: [IPAddress]
        do throws(HandshakeFailure) {
            found = try await Resolver.addresses(of: address.host, within: limit)
        } catch {
            throw DeliveryError(.notReached, "\(address.host): \(error.detail)")
        }
        // What is asked below is the address that was looked at here, not the name again.
        let allowed = found.filter { Self.allows($0, declaredAs: address) }
        guard !allowed.isEmpty else {
            throw DeliveryError(
                .notAllowed,
                "\(address.host) is \(found.map(\.description).joined(separator: ", ")): nothing is sent to loopback (unless the URL itself says so), link-local or multicast addresses"
            )
        }
        var last: DeliveryError?
        for address in allowed.prefix(4) {
            let left = deadline - .now
            guard left > .zero else { break }
            do throws(DeliveryError) {
                return try await send(to: address, within: left)
            } catch {
                last = error
                // Where it was reached, another address is no other server.
                guard error.code == .notReached else { throw error }
            }
        }
        throw last ?? DeliveryError(.deadline, "\(self.address.host) did not answer in time")
    }

    /// Names can lead anywhere, and whoever rules over them is not whom people approved.
    static func allows(_ address: IPAddress, declaredAs url: WebAddress) -> Bool {
        if address.isLinkLocal || address.isMulticast || address.isUnspecified { return false }
        return !address.isLoopback || url.isLoopback
    }

    private func send(to ip: IPAddress, within limit: Duration) async throws(DeliveryError) {
        let outcome: Result<UInt, DeliveryError>
        do {
            let connection = try await connect(to: ip, within: limit)
            outcome = await connection.outcome()
        } catch let error as DeliveryError {
            outcome = .failure(error)
        } catch {
            outcome = .failure(DeliveryError(.notReached, "\(place(ip)): \(error)"))
        }
        let status = try outcome.get()
        guard (200...299).contains(status) else {
            let redirect = (300...399).contains(status) ? ", and redirects are not followed" : ""
            throw DeliveryError(.refused, "\(address.host) answered \(status)\(redirect)")
        }
    }

    private func place(_ ip: IPAddress) -> String {
        let at = ip.description == address.host ? "" : " (\(ip))"
        return "\(address.host)\(at) port \(address.port)"
    }

    private func connect(to ip: IPAddress, within limit: Duration) async throws -> Exchange {
        let context = try secureContext()
        let exchange = Exchange(
            request: head, body: body, place: place(ip), limit: .nanoseconds(Int64(limit / .nanoseconds(1))))
        // An address has no name to be sent; the certificate is then held against the address.
        let name = IPAddress(address.host) == nil ? address.host : nil
        let target = try SocketAddress(ipAddress: ip.description, port: Int(address.port))
        do {
            _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(min(.seconds(10), .nanoseconds(Int64(limit / .nanoseconds(1)))))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let context {
                            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                        }
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(exchange.handler())
                    }
                }
                .connect(to: target).get()
        } catch {
            throw DeliveryError(.notReached, "\(place(ip)): \(error)")
        }
        return exchange
    }

    private func secureContext() throws(DeliveryError) -> NIOSSLContext? {
        guard address.isSecure else { return nil }
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let trustRoots {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(trustRoots))
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw DeliveryError(.secret, "the channel's trustRoots cannot be used: \(error)")
        }
    }

    private var head: HTTPRequestHead {
        var fields = HTTPHeaders(headers)
        fields.add(name: "Host", value: address.authority)
        fields.add(name: "Content-Length", value: String(body.count))
        fields.add(name: "Connection", value: "close")
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: address.target, headers: fields)
    }
}

/// One request and the status of its answer; what else the answer holds is not read.
private final class Exchange: Sendable {
    private let request: HTTPRequestHead
    private let body: [UInt8]
    private let place: String
    private let limit: TimeAmount
    private let answer = AsyncStream<Result<UInt, DeliveryError>>.makeStream(bufferingPolicy: .bufferingOldest(1))

    init(request: HTTPRequestHead, body: [UInt8], place: String, limit: TimeAmount) {
        (self.request, self.body, self.place, self.limit) = (request, body, place, limit)
    }

    func handler() -> Handler { Handler(self) }

    func outcome() async -> Result<UInt, DeliveryError> {
        for await result in answer.stream { return result }
        return .failure(DeliveryError(.deadline, "\(place): given up"))
    }

    /// The first one counts.
    func end(_ result: Result<UInt, DeliveryError>) {
        answer.continuation.yield(result)
        answer.continuation.finish()
    }

    final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let exchange: Exchange
        private var deadline: Scheduled<Void>?

        init(_ exchange: Exchange) { self.exchange = exchange }

        func channelActive(context: ChannelHandlerContext) {
            let (exchange, channel) = (exchange, context.channel)
            deadline = context.eventLoop.scheduleTask(in: exchange.limit) {
                exchange.end(.failure(DeliveryError(.deadline, "\(exchange.place) did not answer in time")))
                channel.close(promise: nil)
            }
            context.write(wrapOutboundOut(.head(exchange.request)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: exchange.body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            // 1xx is no answer yet.
            guard head.status.code >= 200 else { return }
            exchange.end(.success(head.status.code))
            context.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            exchange.end(.failure(DeliveryError(.notReached, "\(exchange.place): \(error)")))
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            deadline?.cancel()
            exchange.end(
                .failure(DeliveryError(.notReached, "\(exchange.place) closed the connection without an answer")))
            context.fireChannelInactive()
        }
    }
}
