import Linux

/// Fields of a message's head: folded, and encoded where they are not ASCII (RFC 5322, RFC 2047).
enum MailHeader {
    /// A line of a head is not longer than this, line end not counted, unless one word is.
    static let lineLength = 76

    /// A field whose value is free text, such as a subject.
    static func text(_ name: String, _ value: String) -> String {
        folded(name, isPlain(value) ? words(of: value) : encodedWords(value))
    }

    /// A field with an address, and the name of who has it.
    static func address(_ name: String, _ address: MailAddress, named person: String = "") -> String {
        let shown = words(of: person).joined(separator: " ")
        guard !shown.isEmpty else { return folded(name, [address.description]) }
        let phrase =
            isPlain(shown)
            ? ["\"" + shown.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""]
            : encodedWords(shown)
        return folded(name, phrase + ["<\(address)>"])
    }

    /// `Sat, 21 Nov 2026 09:30:00 +0000`
    static func date(_ time: Timestamp) -> String {
        let seconds = Int64((Double(time.milliseconds) / 1000).rounded(.down))
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let date = CivilDate(daysSinceEpoch: days)
        let inDay = Int(seconds - days * 86_400)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((days % 7 + 7) % 7)]
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][date.month - 1]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(weekday), \(two(date.day)) \(month) \(date.year) "
            + "\(two(inDay / 3600)):\(two(inDay / 60 % 60)):\(two(inDay % 60)) +0000"
    }

    private static func folded(_ name: String, _ words: [String]) -> String {
        var lines = ["\(name):"]
        for word in words {
            let last = lines[lines.count - 1]
            if last.utf8.count + 1 + word.utf8.count > lineLength,
                lines.count > 1 || last.utf8.count > name.utf8.count + 1
            {
                lines.append(" \(word)")
            } else {
                lines[lines.count - 1] = "\(last) \(word)"
            }
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private static func words(of text: String) -> [String] {
        text.split { $0.isWhitespace || $0.unicodeScalars.contains { $0.properties.generalCategory == .control } }
            .map(String.init)
    }

    /// Whether a text may stand as it is: ASCII, nothing that would be read as encoded, no word that cannot be folded.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 < 0x80 } && !text.contains("=?")
            && words(of: text).allSatisfy { $0.utf8.count <= lineLength - 2 }
    }

    /// Parts of at most 39 bytes, none of which ends within a character: 64 signs each, so that the name fits before it.
    private static func encodedWords(_ text: String) -> [String] {
        var parts: [[UInt8]] = [[]]
        for scalar in words(of: text).joined(separator: " ").unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if parts[parts.count - 1].count + bytes.count > 39 { parts.append([]) }
            parts[parts.count - 1] += bytes
        }
        return parts.map { "=?UTF-8?B?\(Base64.text($0))?=" }
    }
}
