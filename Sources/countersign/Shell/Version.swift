// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The one place where the version stands.
enum Version {
    static let text = "0.1.0-dev"
}
