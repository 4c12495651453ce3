import Linux
import Logging

/// The readable form of a log entry: `2026-11-21T02:26:09.123Z info runner message job-id=17`, always one line.
struct LogText {
    let name: String
    let isColoured: Bool

    func line(
        _ time: Timestamp, _ level: Logger.Level, _ message: String, _ metadata: [(key: String, value: String)]
    ) -> String {
        var line = "\(time) \(coloured(level)) \(name) "
        Self.append(message, to: &line, quoted: false)
        for (key, value) in metadata {
            line += " \(Self.key(key))="
            if Self.needsQuotes(value) {
                line += "\""
                Self.append(value, to: &line, quoted: true)
                line += "\""
            } else {
                line += value
            }
        }
        return line
    }

    private func coloured(_ level: Logger.Level) -> String {
        guard isColoured else { return level.rawValue }
        let colour =
            switch level {
            case .trace, .debug: "2"
            case .info: "32"
            case .notice: "36"
            case .warning: "33"
            case .error: "31"
            case .critical: "1;31"
            }
        return "\u{1B}[\(colour)m\(level.rawValue)\u{1B}[0m"
    }

    /// Only what a reader can split at the first "=" again.
    private static func key(_ key: String) -> String {
        String(key.map { $0 == " " || $0 == "=" || $0 == "\"" || $0.isNewline ? "_" : $0 })
    }

    private static func needsQuotes(_ value: String) -> Bool {
        value.isEmpty
            || value.unicodeScalars.contains { $0 == " " || $0 == "\"" || $0 == "=" || $0 == "\\" || isControl($0) }
    }

    /// Control characters could break the line or steer the terminal, so they are escaped as in JSON.
    private static func append(_ text: String, to line: inout String, quoted: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case "\"" where quoted: line += "\\\""
            case "\\" where quoted: line += "\\\\"
            case _ where isControl(scalar):
                let hex = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: line.unicodeScalars.append(scalar)
            }
        }
    }

    /// C0, DEL, C1, and the line and paragraph separators.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}
