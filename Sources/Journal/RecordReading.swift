// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Vocabulary

/// Reads a record's commit bytes, whose signature was verified when it was first seen; nil where they are no record.
package typealias RecordReading =
    @Sendable (_ key: RecordKey, _ commit: ObjectID, _ raw: [UInt8]) -> SignedRecord?
