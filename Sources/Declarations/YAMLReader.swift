/// Reads one YAML document as a tree, strictly: what makes a declaration hard to review is refused.
///
/// Refused are anchors, aliases, merged keys, tags, a second document, a key that stands twice, more than ``depth``
/// levels, more than 1 MiB, and whatever is not UTF-8. Nothing is expanded, so the tree is never larger than its text.
public struct YAMLReader: ~Copyable {
    /// Levels of lists and mappings.
    public static let depth = 32
    /// Bytes of a key.
    public static let keyLength = 1024

    private let file: String
    private let bytes: UnsafeBufferPointer<UInt8>
    private let problems: ProblemList
    private var events: YAMLEvents
    /// Where the text ends. For libyaml that is in the next line where the last one has no end.
    private let end: (line: Int, column: Int)

    /// Ends the reading; its problem has been added.
    private struct Stop: Error {}

    /// The document's root; nil when there is none to speak of: the text cannot be read, or holds nothing but comments.
    public static func read(_ bytes: [UInt8], file: String, into problems: ProblemList) -> YAMLNode? {
        if let problem = SourceText.problem(bytes, file: file) {
            problems.add(problem)
            return nil
        }
        // libyaml wants an address even for nothing.
        guard !bytes.isEmpty else { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            var reader = YAMLReader(bytes, file: file, problems)
            do throws(Stop) {
                return try reader.document()
            } catch {
                return nil
            }
        }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>, file: String, _ problems: ProblemList) {
        self.file = file
        self.bytes = bytes
        self.problems = problems
        events = YAMLEvents(bytes)
        end = Self.end(of: bytes)
    }

    private mutating func document() throws(Stop) -> YAMLNode? {
        _ = try next()
        guard case .documentStart = try next().kind else { return nil }
        let root = try node(try next(), path: "", depth: 0)
        _ = try next()
        let end = try next()
        if case .documentStart = end.kind {
            problems.add(
                Problem(at: place(end), "a second document begins here; give it a file of its own and remove the ---"))
        }
        return root.isNull ? nil : root
    }

    private mutating func node(_ event: YAMLEvents.Event, path: String, depth: Int) throws(Stop) -> YAMLNode {
        if event.hasAnchor { refuse(event, path, "anchors (&name) are not used here; remove it") }
        if event.hasTag { refuse(event, path, "tags (!name) are not used here; remove it") }
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let scalar):
            if scalar.text.utf8.contains(0) {
                refuse(event, path, "the text holds a zero byte; remove the \\0")
                content = .refused
            } else {
                content = .scalar(scalar)
            }
        case .sequenceStart: content = .sequence(try items(event, path: path, depth: depth + 1))
        case .mappingStart: content = .mapping(try entries(event, path: path, depth: depth + 1))
        default:
            refuse(event, path, "aliases (*name) are not used here; write the value out")
            content = .refused
        }
        return YAMLNode(content, line: event.line, column: event.column)
    }

    private mutating func items(_ start: YAMLEvents.Event, path: String, depth: Int) throws(Stop) -> [YAMLNode] {
        try checkDepth(start, path, depth)
        var items: [YAMLNode] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind { return items }
            items.append(try node(event, path: "\(path)[\(items.count)]", depth: depth))
        }
    }

    private mutating func entries(_ start: YAMLEvents.Event, path: String, depth: Int) throws(Stop) -> [YAMLEntry] {
        try checkDepth(start, path, depth)
        var entries: [YAMLEntry] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try next()
            if case .mappingEnd = event.kind { return entries }
            let key = try node(event, path: path, depth: depth)
            guard case .scalar(let scalar) = key.content, !scalar.isNull else {
                if key.content != .refused { refuse(event, path, "a key has to be a text; write it before the colon") }
                _ = try node(try next(), path: path, depth: depth)
                continue
            }
            guard scalar.text.utf8.count <= Self.keyLength else {
                refuse(event, path, "a key is at most \(Self.keyLength) bytes long; write a shorter one")
                _ = try node(try next(), path: path, depth: depth)
                continue
            }
            let inner = path.isEmpty ? scalar.text : "\(path).\(scalar.text)"
            let value = try node(try next(), path: inner, depth: depth)
            if scalar.style == .plain, scalar.text == "<<" {
                refuse(event, path, "keys cannot be merged (<<) here; write them out")
            } else if let line = lines[scalar.text] {
                refuse(event, inner, "the key stands here again, first in line \(line); keep one of them")
            } else {
                lines[scalar.text] = event.line
                entries.append(
                    YAMLEntry(key: scalar.text, keyLine: event.line, keyColumn: event.column, value: value))
            }
        }
    }

    private func checkDepth(_ event: YAMLEvents.Event, _ path: String, _ depth: Int) throws(Stop) {
        guard depth > Self.depth else { return }
        problems.add(Problem(at: place(event), "this is nested more than \(Self.depth) deep; nothing here has to be"))
        throw Stop()
    }

    private func refuse(_ event: YAMLEvents.Event, _ path: String, _ message: String) {
        problems.add(Problem(at: place(event), path: path, message))
    }

    private func place(_ event: YAMLEvents.Event) -> SourcePlace {
        SourcePlace(file, line: event.line, column: event.column)
    }

    private mutating func next() throws(Stop) -> YAMLEvents.Event {
        do throws(YAMLEvents.Failure) {
            var event = try events.next()
            (event.line, event.column) = within(event.line, event.column)
            return event
        } catch {
            let place = within(error.line, error.column)
            problems.add(
                Problem(
                    at: SourcePlace(file, line: place.line, column: place.column),
                    YAMLAdvice.text(error, character: character(line: place.line, column: place.column))))
            throw Stop()
        }
    }

    private func within(_ line: Int, _ column: Int) -> (line: Int, column: Int) {
        (line, column) < (end.line, end.column) ? (line, column) : end
    }

    private static func end(of bytes: UnsafeBufferPointer<UInt8>) -> (line: Int, column: Int) {
        var (line, column) = (1, 1)
        var previous: Unicode.Scalar?
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\n" where previous == "\r": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": (line, column) = (line + 1, 1)
            default: column += 1
            }
            previous = scalar
        }
        return (line, column)
    }

    /// The byte at a place, to tell what it is that YAML stumbled over.
    private func character(line: Int, column: Int) -> UInt8? {
        let lines = bytes.split(separator: 0x0A, maxSplits: line, omittingEmptySubsequences: false)
        guard line <= lines.count else { return nil }
        return lines[line - 1].filter { $0 & 0xC0 != 0x80 }.dropFirst(column - 1).first
    }
}
