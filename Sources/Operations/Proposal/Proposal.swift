// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import Foundation
internal import PKI
internal import Planning
package import Vocabulary

/// Declarations for what was found and nobody has declared, so that the plan after them holds nothing but adoptions.
///
/// Devices are a change of who is touched: they lie in a folder of their own, for a commit of its own. Private keys stay where they
/// are; what another program manages becomes a Device that is only monitored.
package struct Proposal: Sendable {
    package struct File: Sendable, Hashable {
        /// Below the folder.
        package var path: String
        package var text: String
    }
    /// What was found and is not proposed.
    package struct Left: Sendable, Hashable {
        package var device: DeviceName
        package var path: String
        package var reason: String
    }
    package private(set) var files: [File] = []
    package private(set) var left: [Left] = []
    /// What lies where another program puts it, by the device that it is proposed for.
    package private(set) var monitored: [DeviceName: String] = [:]
    package private(set) var devices: [DeviceName] = []
    package private(set) var connectors: [ConnectorName] = []
    package private(set) var certificates: [CertificateName] = []
    /// Where it was written.
    package let folder: String

    package static let folderOfDevices = "policy-change"
    package static let folderOfDeclarations = "declarations"

    /// - Parameters:
    ///   - folder: where it goes.
    ///   - workTree: of the repository: where the folder lies in it, paths in declarations begin with it.
    init(
        _ findings: [Finding], desired: LoadedTree, inForce: TrustSet, zone: ZoneName, folder: String, workTree: String?
    ) {
        self.folder = folder
        var draft = ProposalDraft(desired: desired, inForce: inForce, zone: zone)
        for finding in findings {
            for place in finding.places where place.connector == nil {
                do throws(ProposalDraft.Refused) {
                    try draft.add(place, of: finding)
                } catch {
                    left.append(Left(device: finding.device.name, path: place.found.certificate, reason: error.reason))
                }
            }
        }
        (devices, connectors, certificates) = (
            draft.devices.map(\.name), draft.connectors.map(\.name), draft.newCertificates
        )
        for device in draft.devices {
            files.append(File(path: "\(Self.folderOfDevices)/devices/\(device.name).yaml", text: device.text))
            if let keeper = device.keeper { monitored[device.name] = keeper }
        }
        files += draft.declarations(in: Self.place(of: folder, in: workTree)).map {
            File(path: "\(Self.folderOfDeclarations)/\($0.path)", text: $0.text)
        }
    }

    package func paths(ofPolicyChange: Bool) -> [String] {
        files.map(\.path).filter { $0.hasPrefix(Self.folderOfDevices + "/") == ofPolicyChange }.sorted()
    }

    /// - Throws: `NotEmpty`, `NotWritable`.
    static func checkFolder(_ folder: String) throws(UserError) {
        guard let content = try? FileManager.default.contentsOfDirectory(atPath: folder), !content.isEmpty else {
            return
        }
        throw UserError(
            "NotEmpty", "\(Shown.text(folder)) is not empty: nothing in it is overwritten",
            hint: "name a folder that is empty or not there yet")
    }

    private static func place(of folder: String, in workTree: String?) -> String {
        func real(_ path: String) -> String {
            URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
        }
        guard let workTree else { return "" }
        let (root, place) = (real(workTree) + "/", real(folder))
        return place.hasPrefix(root) ? "\(place.dropFirst(root.count))/\(folderOfDeclarations)/" : ""
    }

    /// - Throws: `NotWritable`.
    func write() throws(UserError) {
        for file in files {
            let path = "\(folder)/\(file.path)"
            let parent = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
            do {
                try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            } catch {
                throw UserError("NotWritable", "\(Shown.text(parent)): \(error.localizedDescription)")
            }
            try WrittenFile.write(file.text, to: path, isNew: true)
        }
    }
}
