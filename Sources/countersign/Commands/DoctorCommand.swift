// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct DoctorCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at what this host stands on: git, clock, keys, state, devices; says what to do.",
        discussion: """
            Reads devices as `plan` does, and changes nothing but remote-tracking refs. On a person's host it looks at what approving \
            takes, on a gateway also at what pushing takes.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    static var exits: [(status: ExitStatus, when: String)] {
        [(.success, "this host is well; warnings may be told"), (.failure, "something is not well")]
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        let showsProgress = output.format == .text && Terminal.isOne(Terminal.errors)
        let checkup = await DoctorOperation(
            options: global.siteOptions(environment: output.environment), time: HostClock()
        ).run { step in
            if showsProgress { output.say("\(step) …") }
        }
        output.print(text: { DoctorText.render(checkup, $0) }, json: { DoctorJSON.value(checkup) })
        return checkup.isWell ? .success : .failure
    }
}
