// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// The repository itself: its identity, what is in force, which programs may be named, how much may change at once.
package struct RepositorySpec: ResourceSpec {
    package typealias NamedKind = RepositoryNamed
    package static let kind = ResourceKind.repository

    package var id: String  // UUID, lower case, never changes; in every signed digest
    package var branch: String
    package var commands: [String: [String]]  // name → argv
    package var compromisedKeys: Set<SPKIFingerprint>
    package var limits: Limits
    package var pruneApprovalsAfter: Seconds?
    package var channels: [ChannelName: ChannelSpec]

    package struct Limits: Hashable, Sendable {
        package var maxChanged: Int
        package var maxChangedPercent: Int
        package var floor: Int
        package static let standard = Limits(maxChanged: 50, maxChangedPercent: 30, floor: 10)

        package init(maxChanged: Int, maxChangedPercent: Int, floor: Int) {
            (self.maxChanged, self.maxChangedPercent, self.floor) = (maxChanged, maxChangedPercent, floor)
        }
    }

    package init(
        id: String, branch: String, commands: [String: [String]] = [:], compromisedKeys: Set<SPKIFingerprint> = [],
        limits: Limits = .standard, pruneApprovalsAfter: Seconds? = nil, channels: [ChannelName: ChannelSpec] = [:]
    ) {
        (self.id, self.branch, self.commands) = (id, branch, commands)
        (self.compromisedKeys, self.limits) = (compromisedKeys, limits)
        (self.pruneApprovalsAfter, self.channels) = (pruneApprovalsAfter, channels)
    }
}

/// A part of the network with its own reconciler.
package struct ZoneSpec: ResourceSpec {
    package typealias NamedKind = ZoneKind
    package static let kind = ResourceKind.zone

    package var recorders: [DeclaredKey]  // who signs this zone's status branch
    package var recipients: [String]  // repository paths
    package var keyRoots: [String]  // absolute folders on the gateway below which `file` keys lie
    package var revocationHosts: [String]

    package init(
        recorders: [DeclaredKey], recipients: [String] = [], keyRoots: [String] = ["/etc/countersign/keys"],
        revocationHosts: [String] = []
    ) {
        (self.recorders, self.recipients, self.keyRoots) = (recorders, recipients, keyRoots)
        self.revocationHosts = revocationHosts
    }
}
