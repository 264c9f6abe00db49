// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// nginx: slots are files, a candidate is judged by `nginx -t` in a shadow, one reload makes it live.
package struct NginxDriver: FileDriver {
    var files: FileSlots
    let nginx: DeviceSpec.Nginx
    let timeouts: DeviceSpec.Timeouts
    let tokenForm = "nginx/1"
    var reload: [String]? { nginx.reload }

    package var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: true, isCloud: false, isHitless: true)
    }

    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts {
        let configuration = try await configuration()
        return ConfigurationFacts(digest: configuration.digest, referenced: configuration.referenced(among: paths))
    }

    func configuration() async throws(DeviceError) -> NginxConfiguration {
        try await NginxConfiguration.load(
            nginx.config, prefix: nginx.prefix, through: transport, within: timeouts.check)
    }
}
