// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Git
import TestKit
import Testing
import Vocabulary

extension GitFixture {
    func open() throws -> Repository { try Repository(at: path, userGit: UserGit(environment: environment)) }
}

func id(_ hex: String) throws -> ObjectID { try #require(ObjectID(hex: hex)) }

func code(_ body: () async throws -> Void) async -> GitError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? GitError)?.code
    }
}
