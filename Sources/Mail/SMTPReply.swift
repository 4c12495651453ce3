/// What a server answers to a command: a code of three digits and at least one line of text.
struct SMTPReply: Hashable, Sendable {
    var code: Int
    var lines: [String]

    /// The text for people, on one line, without addresses and other odd things.
    var harmlessText: String {
        let words = lines.joined(separator: " ").split(separator: " ").map { word in
            word.contains("@") ? "…" : String(word.unicodeScalars.filter { (0x21...0x7E).contains($0.value) })
        }
        return String(words.joined(separator: " ").prefix(200))
    }
}

/// Puts replies together from what comes in.
struct SMTPReplyReader {
    /// Longer lines are a fault; RFC 5321 allows 512 bytes.
    static let longestLine = 4096
    static let mostLines = 256

    struct Fault: Error, Hashable { var why: String }

    private var line: [UInt8] = []
    private var open: SMTPReply?

    /// Whether nothing of a reply has come that is not whole.
    var isEmpty: Bool { line.isEmpty && open == nil }

    /// The reply that is whole with these bytes; nil as long as more has to come. Takes no byte beyond it.
    mutating func read(_ bytes: inout ArraySlice<UInt8>) throws(Fault) -> SMTPReply? {
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                if line.count > Self.longestLine { throw Fault(why: "a line of its reply does not end") }
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            defer { line.removeAll(keepingCapacity: true) }
            if let reply = try take() { return reply }
        }
        return nil
    }

    private mutating func take() throws(Fault) -> SMTPReply? {
        let digits = line.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw Fault(why: "what it answers is no reply of SMTP")
        }
        let code = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        let mark = line.count > 3 ? line[3] : UInt8(ascii: " ")
        guard (200...599).contains(code), mark == UInt8(ascii: " ") || mark == UInt8(ascii: "-"),
            open == nil || open?.code == code
        else { throw Fault(why: "what it answers is no reply of SMTP") }
        var reply = open ?? SMTPReply(code: code, lines: [])
        reply.lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        guard reply.lines.count <= Self.mostLines else { throw Fault(why: "its reply does not end") }
        open = mark == UInt8(ascii: "-") ? reply : nil
        return open == nil ? reply : nil
    }
}

/// What a server says it can do, in answer to EHLO.
struct SMTPAbilities: Hashable, Sendable {
    /// Keywords in capitals, each with what stands after it.
    private var words: [String: [String]] = [:]

    init(_ reply: SMTPReply) {
        for line in reply.lines.dropFirst() {
            // Old servers write "AUTH=LOGIN".
            var parts = line.split { $0 == " " || $0 == "=" }.map { $0.uppercased() }
            guard !parts.isEmpty else { continue }
            words[parts.removeFirst(), default: []] += parts
        }
    }

    func has(_ word: String) -> Bool { words[word] != nil }

    /// Ways to sign in.
    var authentications: [String] { words["AUTH"] ?? [] }

    /// Bytes of a message at most; nil where it does not say, or sets no limit.
    var size: Int? { words["SIZE"]?.first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } }
}
