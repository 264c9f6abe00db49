// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Everything that one commit's tree declares.
package struct DeclarationSet: Sendable {
    package var repository: Repository?
    package var zones: [ZoneName: Zone] = [:]
    package var devices: [DeviceName: Device] = [:]
    package var people: [PersonName: Person] = [:]
    package var groups: [GroupName: Group] = [:]
    package var policies: [PolicyName: ApprovalPolicy] = [:]
    package var standingApprovals: [StandingApprovalName: StandingApproval] = [:]
    package var alertPolicies: [AlertPolicyName: AlertPolicy] = [:]
    package var certificates: [CertificateName: Certificate] = [:]
    package var connectors: [ConnectorName: AppConnector] = [:]
    package var bindings: [BindingName: Binding] = [:]
    /// Contents of the repository files that specs name, by path: chains, known hosts, keys, trust roots.
    package var files: [String: NamedFile] = [:]

    package init() {}
}

/// A repository file that a spec names.
package struct NamedFile: Hashable, Sendable {
    package var bytes: [UInt8]
    package var digest: FileDigest  // SHA-256 of the content

    package init(bytes: [UInt8]) {
        self.bytes = bytes
        digest = FileDigest(hashing: bytes)
    }
}
