// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A form of filters that stand in the address, so that a link shows to others what it shows to one.
struct Filters {
    struct Choice {
        var name: String
        var label: String
        /// Value and words; the first is taken where nothing is chosen.
        var options: [(value: String, words: String)]
    }
    var action: Address
    /// The label of the text field; nil: there is none.
    var search: String?
    var choices: [Choice]

    func markup(_ query: Query) -> Markup {
        var markup: Markup =
            "<form class=\"filters\" method=\"get\" action=\"\(action.text)\" role=\"search\" aria-label=\"Filters\">"
        if let search {
            markup +=
                "<label>\(search)<input type=\"search\" name=\"q\" value=\"\(query["q"] ?? "")\" autocomplete=\"off\" spellcheck=\"false\"></label>"
        }
        for choice in choices {
            let chosen = query[choice.name] ?? ""
            markup += "<label>\(choice.label)<select name=\"\(choice.name)\">"
            for option in choice.options {
                let mark: Markup = option.value == chosen ? " selected" : ""
                markup += "<option value=\"\(option.value)\"\(mark)>\(option.words)</option>"
            }
            markup += "</select></label>"
        }
        markup += "<button type=\"submit\">Filter</button>"
        let names = choices.map(\.name) + (search == nil ? [] : ["q"])
        if names.contains(where: { query[$0] != nil }) {
            markup += "<a class=\"clear\" href=\"\(action.text)\">Clear</a>"
        }
        return markup + "</form>"
    }
}

/// What stands behind the question mark. Nothing of it is more than 200 characters long.
struct Query: Sendable {
    private let items: [String: String]

    init(_ items: [String: String]) {
        self.items = items.filter { !$0.value.isEmpty && $0.value.count <= 200 }
    }

    subscript(_ name: String) -> String? { items[name] }

    var page: Int { items["page"].flatMap { Int($0) } ?? 1 }

    /// The page that is shown, with these of its filters.
    func address(_ address: Address, _ names: [String]) -> Address {
        names.reduce(address) { $0.with($1, items[$1]) }
    }
}
