// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension Checker {
    mutating func checkBindings() {
        for binding in set.bindings.values {
            switch binding.spec.target {
            case .selector(let labels) where labels.isEmpty:
                object(
                    to: binding, at: ["spec", "selector", "matchLabels"], "a selector needs at least one label",
                    .selector)
            case .connectors(let names) where Set(names).count < names.count:
                object(to: binding, at: ["spec", "connectors"], "an AppConnector stands here twice", .binding)
            default: break
            }
            check(binding.spec.rollout, of: binding)
        }
        let slots = DesiredSlots(of: set)
        self.slots = slots
        for name in slots.idle {
            guard let binding = set.bindings[name], case .selector(let labels) = binding.spec.target, !labels.isEmpty
            else { continue }
            object(
                .warning, to: binding, at: ["spec", "selector", "matchLabels"], "no AppConnector has these labels",
                .selector)
        }
        for (connector, names) in slots.contested {
            // The first keeps it; each other one is told.
            for name in names.dropFirst() {
                guard let binding = set.bindings[name] else { continue }
                object(
                    to: binding, at: Self.place(of: connector, in: binding),
                    "AppConnector \(quoted(connector.text)) is bound by Binding \(quoted(names[0].text)) already: a slot holds one certificate",
                    .binding)
            }
        }
    }

    private static func place(of connector: ConnectorName, in binding: Binding) -> [PathStep] {
        switch binding.spec.target {
        case .connectors(let names): ["spec", "connectors", .entry(names.firstIndex(of: connector) ?? 0)]
        case .selector: ["spec", "selector", "matchLabels"]
        }
    }
}
