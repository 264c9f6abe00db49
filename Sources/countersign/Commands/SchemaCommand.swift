// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Declarations
internal import Operations
internal import Vocabulary

struct SchemaCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the JSON Schema of one kind, or of all of them.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "Certificate, Device, ApprovalPolicy …")
    var kind: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        guard let kind else {
            output.print(JSONSchema.any)
            return .success
        }
        guard let known = ResourceKind(rawValue: kind) else {
            let names = ResourceKind.allCases.map(\.rawValue)
            let meant = nearest(to: kind, among: names).map { "did you mean \($0)?" }
            throw UserError(
                "UnknownKind", "no kind is named \"\(Shown.text(kind))\"",
                hint: meant ?? "kinds: \(names.joined(separator: ", "))")
        }
        output.print(JSONSchema.of(known))
        return .success
    }
}
