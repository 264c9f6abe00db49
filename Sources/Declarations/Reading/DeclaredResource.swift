// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A resource of any kind.
package enum DeclaredResource: Sendable {
    case repository(Repository)
    case zone(Zone)
    case device(Device)
    case person(Person)
    case group(Group)
    case approvalPolicy(ApprovalPolicy)
    case standingApproval(StandingApproval)
    case alertPolicy(AlertPolicy)
    case certificate(Certificate)
    case appConnector(AppConnector)
    case binding(Binding)
    case policyTest(PolicyTest)

    package var key: ResourceKey {
        switch self {
        case .repository(let it): it.key
        case .zone(let it): it.key
        case .device(let it): it.key
        case .person(let it): it.key
        case .group(let it): it.key
        case .approvalPolicy(let it): it.key
        case .standingApproval(let it): it.key
        case .alertPolicy(let it): it.key
        case .certificate(let it): it.key
        case .appConnector(let it): it.key
        case .binding(let it): it.key
        case .policyTest(let it): it.key
        }
    }

    package var kind: ResourceKind {
        switch self {
        case .repository: .repository
        case .zone: .zone
        case .device: .device
        case .person: .person
        case .group: .group
        case .approvalPolicy: .approvalPolicy
        case .standingApproval: .standingApproval
        case .alertPolicy: .alertPolicy
        case .certificate: .certificate
        case .appConnector: .appConnector
        case .binding: .binding
        case .policyTest: .policyTest
        }
    }

    package var position: SourcePosition {
        switch self {
        case .repository(let it): it.position
        case .zone(let it): it.position
        case .device(let it): it.position
        case .person(let it): it.position
        case .group(let it): it.position
        case .approvalPolicy(let it): it.position
        case .standingApproval(let it): it.position
        case .alertPolicy(let it): it.position
        case .certificate(let it): it.position
        case .appConnector(let it): it.position
        case .binding(let it): it.position
        case .policyTest(let it): it.position
        }
    }

    /// Makes the typed resource from its canonical JSON: of a file, or of evidence.
    package init(
        _ kind: ResourceKind, name: String, labels: [String: String] = [:], annotations: [String: String] = [:],
        raw: JSONValue, position: SourcePosition
    ) throws(SpecError) {
        func declared<Spec: DecodableSpec>(_: Spec.Type) throws(SpecError) -> Declared<Spec> {
            guard let typed = Name<Spec.NamedKind>(name) else {
                throw SpecError(field: "metadata.name", message: "not a name")
            }
            return Declared(
                name: typed, labels: labels, annotations: annotations, spec: try Spec(raw: raw), raw: raw,
                position: position)
        }
        self =
            switch kind {
            case .repository: .repository(try declared(RepositorySpec.self))
            case .zone: .zone(try declared(ZoneSpec.self))
            case .device: .device(try declared(DeviceSpec.self))
            case .person: .person(try declared(PersonSpec.self))
            case .group: .group(try declared(GroupSpec.self))
            case .approvalPolicy: .approvalPolicy(try declared(ApprovalPolicySpec.self))
            case .standingApproval: .standingApproval(try declared(StandingApprovalSpec.self))
            case .alertPolicy: .alertPolicy(try declared(AlertPolicySpec.self))
            case .certificate: .certificate(try declared(CertificateSpec.self))
            case .appConnector: .appConnector(try declared(AppConnectorSpec.self))
            case .binding: .binding(try declared(BindingSpec.self))
            case .policyTest: .policyTest(try declared(PolicyTestSpec.self))
            }
    }
}

extension ObjectShape {
    /// The fields of a kind's `spec`.
    static func spec(of kind: ResourceKind) -> ObjectShape {
        switch kind {
        case .repository: repository
        case .zone: zone
        case .device: device
        case .person: person
        case .group: group
        case .approvalPolicy: approvalPolicy
        case .standingApproval: standingApproval
        case .alertPolicy: alertPolicy
        case .certificate: certificate
        case .appConnector: appConnector
        case .binding: binding
        case .policyTest: policyTest
        }
    }
}
