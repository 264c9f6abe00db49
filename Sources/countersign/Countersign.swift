// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

@main struct Countersign { static func main() {} }
