// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibYAML

/// Events to nodes, for one run of libyaml over a file or the rest of one. Gathers errors and goes on where it can.
struct Composer {
    static let deepest = 100
    static let mostAliasNodes = 1_000
    static let mostErrors = 50

    private(set) var documents: [YAMLDocument] = []
    private(set) var errors: [YAMLError] = []
    /// Where quoted scalars begin and end (code points from the start of the file): tabs may stand there.
    private(set) var quoted: [Range<Int>] = []
    private let notesQuotes: Bool
    let lineOffset: Int  // added to libyaml's lines
    private let firstIndex: Int  // added to libyaml's code points

    private struct Frame {
        var isMapping: Bool
        var base: Int  // where its nodes or entries begin on the shared stack
        var position: YAMLPosition
        var anchor: String?
        var key: (text: String, position: YAMLPosition)?
        var keyIsBad = false
        var seen: Set<String>?  // once there are many keys
    }
    // One stack for all open sequences and one for all open mappings: each container is then one allocation.
    private var frames: [Frame] = []
    private var nodes: [YAMLNode] = []
    private var entries: [YAMLEntry] = []
    private var root: YAMLNode?
    private var isSound = true
    private var anchors: [String: YAMLNode] = [:]
    private var aliasNodes = 0

    enum Step { case goOn, documentBroken, ended }

    init(firstLine: Int, firstIndex: Int, notesQuotes: Bool) {
        (lineOffset, self.firstIndex, self.notesQuotes) = (firstLine, firstIndex, notesQuotes)
    }

    mutating func refuse(_ rule: YAMLError.Rule, at position: YAMLPosition, _ message: String) {
        isSound = false
        errors.append(YAMLError(rule, at: position, message))
    }

    mutating func take(_ event: borrowing yaml_event_t) -> Step {
        let position = YAMLPosition(
            line: event.start_mark.line + 1 + lineOffset, column: event.start_mark.column + 1)
        switch event.type {
        case YAML_SCALAR_EVENT:
            takeScalar(event, position)
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            return open(isMapping: false, position, anchor: data.anchor, tag: data.tag)
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            return open(isMapping: true, position, anchor: data.anchor, tag: data.tag)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            close()
        case YAML_ALIAS_EVENT:
            return takeAlias(event, position)
        case YAML_DOCUMENT_START_EVENT:
            startDocument()
        case YAML_DOCUMENT_END_EVENT:
            finishDocument()
        case YAML_STREAM_END_EVENT:
            return .ended
        default:
            break
        }
        return errors.count < Self.mostErrors ? .goOn : .documentBroken
    }

    /// What of a document was read before the error that ends it, closed as it stands: it may say what is broken.
    mutating func abandonDocument() {
        isSound = false
        while !frames.isEmpty { close() }
        finishDocument()
    }

    private mutating func startDocument() {
        (root, isSound, aliasNodes) = (nil, true, 0)
        anchors.removeAll()
    }

    private mutating func finishDocument() {
        guard let root else { return }
        self.root = nil
        // `---` followed by nothing is no document, only a line too many.
        if case .scalar("", isPlain: true) = root.content, isSound { return }
        documents.append(YAMLDocument(root: root, isSound: isSound))
    }

    private mutating func takeScalar(_ event: borrowing yaml_event_t, _ position: YAMLPosition) {
        let data = event.data.scalar
        let isPlain = data.style == YAML_PLAIN_SCALAR_STYLE
        let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
        if data.tag != nil { refuseTag(position) }
        if data.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE || data.style == YAML_SINGLE_QUOTED_SCALAR_STYLE {
            if notesQuotes { quoted.append(firstIndex + event.start_mark.index..<firstIndex + event.end_mark.index) }
            // Escapes can bring back what the bytes may not hold.
            if data.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE { checkEscapes(text, position) }
        }
        if awaitsKey {
            takeKey(text, isPlain: isPlain, position)
            if data.anchor != nil { refuse(.anchor, at: position, "a key cannot have an anchor") }
            return
        }
        let node = YAMLNode(content: .scalar(text, isPlain: isPlain), position: position)
        if let anchor = data.anchor { anchors[String(cString: anchor)] = node }
        put(node)
    }

    /// Looked at in place: a frame that is held while it is changed has its set of keys copied for each key.
    private var awaitsKey: Bool {
        guard let top = frames.indices.last else { return false }
        return frames[top].isMapping && frames[top].key == nil
    }

    private mutating func checkEscapes(_ text: String, _ position: YAMLPosition) {
        for scalar in text.unicodeScalars
        where (scalar.value < 0x20 && scalar.value != 0x0a && scalar.value != 0x09)
            || TextScan.refused(scalar.value) != nil
        {
            let name = TextScan.refused(scalar.value) ?? "a control character"
            refuse(.control, at: position, "\(name) in this text is not accepted, escaped or not")
            return
        }
    }

    private mutating func takeKey(_ text: String, isPlain: Bool, _ position: YAMLPosition) {
        let top = frames.count - 1
        frames[top].key = (text, position)
        if isPlain, text == "<<" {
            frames[top].keyIsBad = true
            refuse(.mergeKey, at: position, "merge keys (<<) are not accepted: write the fields out")
            return
        }
        let base = frames[top].base
        let isNew: Bool
        if entries.count - base < 16 {
            isNew = !entries[base...].contains { $0.key == text }
        } else {
            if frames[top].seen == nil { frames[top].seen = Set(entries[base...].lazy.map(\.key)) }
            isNew = frames[top].seen?.insert(text).inserted ?? true
        }
        if !isNew {
            frames[top].keyIsBad = true
            let first = entries[base...].first { $0.key == text }?.keyPosition.line ?? position.line
            refuse(.duplicateKey, at: position, "the key \"\(text.prefix(60))\" stands twice, first on line \(first)")
        }
    }

    private mutating func put(_ node: YAMLNode) {
        guard let top = frames.indices.last else {
            root = node
            return
        }
        guard frames[top].isMapping else {
            nodes.append(node)
            return
        }
        // A container where a key should be: refused when it was opened; its value is what comes next.
        guard let key = frames[top].key else {
            frames[top].key = ("", node.position)
            frames[top].keyIsBad = true
            return
        }
        if !frames[top].keyIsBad {
            entries.append(YAMLEntry(key: key.text, keyPosition: key.position, value: node))
        }
        (frames[top].key, frames[top].keyIsBad) = (nil, false)
    }

    private mutating func open(
        isMapping: Bool, _ position: YAMLPosition, anchor: UnsafeMutablePointer<yaml_char_t>?,
        tag: UnsafeMutablePointer<yaml_char_t>?
    ) -> Step {
        if tag != nil { refuseTag(position) }
        if awaitsKey {
            refuse(.key, at: position, "a key must be a plain word, not a list or a mapping")
        }
        guard frames.count < Self.deepest else {
            refuse(.nesting, at: position, "nested deeper than \(Self.deepest)")
            return .documentBroken
        }
        frames.append(
            Frame(
                isMapping: isMapping, base: isMapping ? entries.count : nodes.count, position: position,
                anchor: anchor.map { String(cString: $0) }))
        return errors.count < Self.mostErrors ? .goOn : .documentBroken
    }

    private mutating func close() {
        guard let frame = frames.popLast() else { return }
        let node: YAMLNode
        if frame.isMapping {
            node = YAMLNode(content: .mapping(Array(entries[frame.base...])), position: frame.position)
            entries.removeLast(entries.count - frame.base)
        } else {
            node = YAMLNode(content: .sequence(Array(nodes[frame.base...])), position: frame.position)
            nodes.removeLast(nodes.count - frame.base)
        }
        if let anchor = frame.anchor { anchors[anchor] = node }
        put(node)
    }

    private mutating func refuseTag(_ position: YAMLPosition) {
        refuse(.tag, at: position, "tags (!…) are not accepted")
    }

    private mutating func takeAlias(_ event: borrowing yaml_event_t, _ position: YAMLPosition) -> Step {
        let name = event.data.alias.anchor.map { String(cString: $0) } ?? ""
        if awaitsKey {
            refuse(.key, at: position, "a key cannot be an alias")
        }
        guard var node = anchors[name] else {
            refuse(.anchor, at: position, "nothing before this has the anchor \"\(name.prefix(60))\"")
            put(YAMLNode(content: .scalar("", isPlain: true), position: position))
            return errors.count < Self.mostErrors ? .goOn : .documentBroken
        }
        let height = count(node, depth: frames.count)
        guard aliasNodes <= Self.mostAliasNodes else {
            refuse(.anchor, at: position, "aliases grow to more than \(Self.mostAliasNodes) nodes")
            return .documentBroken
        }
        guard height <= Self.deepest else {
            refuse(.nesting, at: position, "nested deeper than \(Self.deepest) by this alias")
            return .documentBroken
        }
        node.position = position
        put(node)
        return .goOn
    }

    /// Adds the nodes of `node` to `aliasNodes`, stopping past the limit. Gives the greatest depth reached.
    private mutating func count(_ node: YAMLNode, depth: Int) -> Int {
        aliasNodes += 1
        guard aliasNodes <= Self.mostAliasNodes else { return depth }
        var deepest = depth
        switch node.content {
        case .scalar: break
        case .sequence(let items):
            deepest = max(deepest, depth + 1)
            for item in items { deepest = max(deepest, count(item, depth: depth + 1)) }
        case .mapping(let entries):
            deepest = max(deepest, depth + 1)
            for entry in entries { deepest = max(deepest, count(entry.value, depth: depth + 1)) }
        }
        return deepest
    }
}
