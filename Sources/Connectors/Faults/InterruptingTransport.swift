// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// A point between two steps.
package struct StepPoint: Sendable, Hashable, CustomStringConvertible {
    package enum Moment: String, Sendable, Hashable { case before, after }
    /// Counts from 0 over all calls of one transport: before the first step 0, after it 1, before the second 2.
    package var number: Int
    package var moment: Moment
    /// `replace /etc/ssl/shop.key`
    package var step: String

    package var description: String { "\(number): \(moment.rawValue) \(step)" }
}

/// Does each step by itself and stops at each point between two, so that a test can make one fail, or kill the process there.
package final class InterruptingTransport: Transport {
    private let wrapped: any Transport
    private let hook: @Sendable (StepPoint) throws(DeviceError) -> Void
    private let next = Mutex(0)

    package init(wrapping wrapped: any Transport, hook: @escaping @Sendable (StepPoint) throws(DeviceError) -> Void) {
        (self.wrapped, self.hook) = (wrapped, hook)
    }

    package func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        let start = ContinuousClock.now
        var results: [StepResult] = []
        for step in steps {
            try hook(point(.before, step))
            results += try await wrapped.perform([step], within: limit - (ContinuousClock.now - start))
            try hook(point(.after, step))
        }
        return results
    }

    private func point(_ moment: StepPoint.Moment, _ step: Step) -> StepPoint {
        let number = next.withLock { number in
            defer { number += 1 }
            return number
        }
        return StepPoint(number: number, moment: moment, step: step.words)
    }
}

extension Step {
    /// The verb and where; never what is written.
    package var words: String {
        switch self {
        case .fence(let fence, let folder): "fence \(fence.lease) \(folder)"
        case .expect(let paths): "expect \(paths.keys.sorted().joined(separator: " "))"
        case .folder(let path, _): "folder \(path)"
        case .stat(let paths, _): "stat \(paths.joined(separator: " "))"
        case .list(let path): "list \(path)"
        case .survey(let path): "survey \(path)"
        case .digest(let paths): "digest \(paths.joined(separator: " "))"
        case .read(let path, _): "read \(path)"
        case .write(let path, _, _): "write \(path)"
        case .link(let path, _): "link \(path)"
        case .replace(let path, _): "replace \(path)"
        case .copy(let path, let to): "copy \(path) \(to)"
        case .remove(let path): "remove \(path)"
        case .sync(let paths): "sync \(paths.joined(separator: " "))"
        case .run(let argv, _, _): "run \(argv.first ?? "")"
        }
    }
}
