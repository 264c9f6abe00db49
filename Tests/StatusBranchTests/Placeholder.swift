// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0
