// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import Vocabulary

/// One request and what may come back.
package struct WebQuestion: Sendable {
    package var address: WebAddress
    /// Sent by POST as what it is; nil: GET.
    package var body: (type: String, bytes: [UInt8])?
    /// Bytes of an answer; a longer one is none.
    package var limit: Int
    /// From connecting to the answer's last byte.
    package var deadline: Duration

    package init(
        _ address: WebAddress, body: (type: String, bytes: [UInt8])? = nil, limit: Int, deadline: Duration
    ) {
        (self.address, self.body, self.limit, self.deadline) = (address, body, limit, deadline)
    }
}

/// Why there is no answer, in words for people.
package struct WebFailure: Error, Hashable, Sendable {
    package enum Code: String, CaseIterable, Sendable {
        /// The host is none of those that were resolved for this client.
        case notResolved
        case unreachable, timedOut, tooLarge
        /// An HTTP status other than 200; redirects are not followed.
        case status
        case cancelled
    }
    package var code: Code
    package var detail: String

    package init(_ code: Code, _ detail: String) { (self.code, self.detail) = (code, detail) }
}

/// Asks over plain HTTP/1.1, at addresses that its owner has looked at before: no name is resolved here (what a name stands for can
/// change between looking and asking), no redirect is followed, no proxy asked, nothing inflated.
package final class WebClient: Sendable {
    private let client: HTTPClient
    private let hosts: Set<String>

    /// - Parameter addresses: where each host is. Others are not asked.
    package init(_ addresses: [String: IPAddress]) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(5), read: .seconds(10)),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        // A port at which nobody listens is no reason to wait: the next round asks again.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = addresses.mapValues(\.description)
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
        hosts = Set(addresses.keys)
    }

    /// To be called once, when nothing is asked any more.
    package func close() async { try? await client.shutdown() }

    package func ask(_ question: WebQuestion) async throws(WebFailure) -> [UInt8] {
        let result = await withTaskGroup(of: Result<[UInt8], WebFailure>.self) { group in
            group.addTask { await self.answer(to: question) }
            group.addTask {
                do {
                    try await Task.sleep(for: question.deadline)
                    return .failure(WebFailure(.timedOut, "\(question.address.host) did not answer in \(question.deadline)"))
                } catch {
                    return .failure(WebFailure(.cancelled, "cancelled"))
                }
            }
            let first = await group.next() ?? .failure(WebFailure(.cancelled, "cancelled"))
            group.cancelAll()
            return first
        }
        return try result.get()
    }

    private func answer(to question: WebQuestion) async -> Result<[UInt8], WebFailure> {
        let host = question.address.host
        guard hosts.contains(host) else {
            return .failure(WebFailure(.notResolved, "\(host) was not resolved"))
        }
        var request = HTTPClientRequest(url: question.address.text)
        request.headers.add(name: "User-Agent", value: "countersign")
        if let body = question.body {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: body.type)
            request.body = .bytes(body.bytes)
        }
        do {
            let response = try await client.execute(request, timeout: .seconds(Int64(question.deadline.components.seconds) + 1))
            guard response.status == .ok else {
                return .failure(WebFailure(.status, "\(host) answered with HTTP status \(response.status.code)"))
            }
            let body = try await response.body.collect(upTo: question.limit)
            return .success(Array(body.readableBytesView))
        } catch is NIOTooManyBytesError {
            return .failure(WebFailure(.tooLarge, "\(host) answered with more than \(question.limit) bytes"))
        } catch let error as HTTPClientError where error == .connectTimeout || error == .readTimeout || error == .deadlineExceeded {
            return .failure(WebFailure(.timedOut, "\(host) did not answer in time"))
        } catch {
            return .failure(WebFailure(.unreachable, "\(host) cannot be asked: \(Shown.text("\(error)"))"))
        }
    }
}
