import Logging

/// A log entry as fields of the journal.
enum JournalFields {
    static func fields(
        _ level: Logger.Level, _ message: String, _ metadata: [(key: String, value: String)], identifier: String,
        file: String, line: UInt, function: String
    ) -> [(field: String, value: String)] {
        var fields: [(field: String, value: String)] = [
            ("MESSAGE", message),
            ("PRIORITY", String(priority(level))),
            ("SYSLOG_IDENTIFIER", identifier),
            ("CODE_FILE", file),
            ("CODE_LINE", String(line)),
            ("CODE_FUNC", function),
        ]
        for (key, value) in metadata {
            let name = name(key)
            // The journal would take two values of one field; a reader would not know which is ours.
            let isTaken = fields.contains { $0.field == name }
            fields.append((isTaken ? String("FIELD_\(name)".prefix(64)) : name, value))
        }
        return fields
    }

    /// syslog's severity.
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// A name the journal accepts: "job-id" and "jobId" are JOB_ID.
    static func name(_ key: String) -> String {
        let ascii = key.unicodeScalars.map { scalar -> Character in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) ? Character(scalar) : "_"
        }
        let name = SettingName.snake(String(ascii))
        // A leading underscore is the journal's own, and a digit is refused.
        guard let first = name.first, first.isLetter else { return String("FIELD_\(name)".prefix(64)) }
        return String(name.prefix(64))
    }
}
