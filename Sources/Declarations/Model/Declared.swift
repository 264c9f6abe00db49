// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A place in a file of the repository's tree. Line and column count from 1, columns in code points.
package struct SourcePosition: Hashable, Comparable, Sendable {
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int = 1, column: Int = 1) {
        (self.file, self.line, self.column) = (file, line, column)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.file, left.line, left.column) < (right.file, right.line, right.column)
    }
}

/// The kinds of resource. `isTrust` ones decide who signs and what is touched; they change only by an approved policy change.
package enum ResourceKind: String, CaseIterable, Hashable, Sendable, Codable {
    case repository = "Repository"
    case zone = "Zone"
    case device = "Device"
    case person = "Person"
    case group = "Group"
    case approvalPolicy = "ApprovalPolicy"
    case standingApproval = "StandingApproval"
    case alertPolicy = "AlertPolicy"
    case certificate = "Certificate"
    case appConnector = "AppConnector"
    case binding = "Binding"
    /// What a policy is expected to say. Decides nothing and is nobody's desired state: only `countersign test` reads it.
    case policyTest = "PolicyTest"

    package var isTrust: Bool {
        switch self {
        case .certificate, .appConnector, .binding, .policyTest: false
        default: true
        }
    }
}

/// Which resource: kind and name. The key of tables that hold several kinds.
package struct ResourceKey: Hashable, Comparable, Sendable {
    package var kind: ResourceKind
    package var name: String

    package init(kind: ResourceKind, name: String) { (self.kind, self.name) = (kind, name) }

    package static func < (left: Self, right: Self) -> Bool {
        (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
    }
}

/// What a `spec` of one kind is, and what its names are names of.
package protocol ResourceSpec: Hashable, Sendable {
    associatedtype NamedKind
    static var kind: ResourceKind { get }
}

/// One resource as it stands in the repository.
///
/// Its content is shared by all copies: ten thousand of them lie in several tables, are sorted and looked up, and a copy is
/// then one reference instead of a dozen.
package struct Declared<Spec: ResourceSpec>: Hashable, Sendable {
    @usableFromInline var content: Content

    @usableFromInline final class Content: Sendable {
        @usableFromInline let name: Name<Spec.NamedKind>
        @usableFromInline let labels: [String: String]
        @usableFromInline let annotations: [String: String]
        @usableFromInline let spec: Spec
        @usableFromInline let raw: JSONValue
        @usableFromInline let position: SourcePosition

        init(
            _ name: Name<Spec.NamedKind>, _ labels: [String: String], _ annotations: [String: String], _ spec: Spec,
            _ raw: JSONValue, _ position: SourcePosition
        ) {
            (self.name, self.labels, self.annotations) = (name, labels, annotations)
            (self.spec, self.raw, self.position) = (spec, raw, position)
        }
    }

    package init(
        name: Name<Spec.NamedKind>, labels: [String: String] = [:], annotations: [String: String] = [:], spec: Spec,
        raw: JSONValue, position: SourcePosition
    ) {
        content = Content(name, labels, annotations, spec, raw, position)
    }

    @inlinable package var name: Name<Spec.NamedKind> { content.name }
    @inlinable package var position: SourcePosition { content.position }
    package var labels: [String: String] {
        @inlinable get { content.labels }
        set { content = Content(name, newValue, annotations, spec, raw, position) }
    }
    @inlinable package var annotations: [String: String] { content.annotations }
    package var spec: Spec {
        @inlinable get { content.spec }
        set { content = Content(name, labels, annotations, newValue, raw, position) }
    }
    /// `spec` as decoded, defaults **not** filled in: what digests hold, so that a new default in a later release changes none.
    package var raw: JSONValue {
        @inlinable get { content.raw }
        set { content = Content(name, labels, annotations, spec, newValue, position) }
    }

    package var key: ResourceKey { ResourceKey(kind: Spec.kind, name: name.text) }

    /// The annotation `countersign/push`: how often a push was asked for again; 0 if absent.
    package var pushNumber: Int64 { annotations["countersign/push"].flatMap(Int64.init) ?? 0 }

    package static func == (left: Self, right: Self) -> Bool {
        left.content === right.content
            || left.name == right.name && left.labels == right.labels && left.annotations == right.annotations
                && left.spec == right.spec && left.raw == right.raw && left.position == right.position
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

package enum RepositoryNamed {}
package typealias Repository = Declared<RepositorySpec>
package typealias Zone = Declared<ZoneSpec>
package typealias Device = Declared<DeviceSpec>
package typealias Person = Declared<PersonSpec>
package typealias Group = Declared<GroupSpec>
package typealias ApprovalPolicy = Declared<ApprovalPolicySpec>
package typealias StandingApproval = Declared<StandingApprovalSpec>
package typealias AlertPolicy = Declared<AlertPolicySpec>
package typealias Certificate = Declared<CertificateSpec>
package typealias AppConnector = Declared<AppConnectorSpec>
package typealias Binding = Declared<BindingSpec>
package typealias PolicyTest = Declared<PolicyTestSpec>
