/// The bytes of a declaration file before anybody reads YAML in them: bounded, UTF-8, and without control characters.
struct SourceText {
    /// Bytes of a file at most.
    static let limit = 1 << 20

    /// What keeps the bytes from being read; nil when nothing does.
    static func problem(_ bytes: [UInt8], file: String) -> Problem? {
        guard bytes.count <= limit else { return tooLarge(file: file) }
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            return Problem(
                at: place(of: error.byteOffsets.lowerBound, in: bytes, file: file),
                "the file is not UTF-8 here; save it as UTF-8")
        }
        guard let (offset, code) = firstControl(in: bytes) else { return nil }
        let hex = String(code, radix: 16, uppercase: true)
        return Problem(
            at: place(of: offset, in: bytes, file: file),
            "there is a control character here (U+\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex)); "
                + "remove it")
    }

    static func tooLarge(file: String) -> Problem {
        Problem(at: SourcePlace(file), "the file is larger than 1 MiB; spread the declarations over several files")
    }

    /// The offset and code of the first character that YAML does not allow in a file.
    private static func firstControl(in bytes: [UInt8]) -> (offset: Int, code: Int)? {
        for (offset, byte) in bytes.enumerated() {
            switch byte {
            case 0x09, 0x0A, 0x0D: continue
            case 0x00..<0x20, 0x7F: return (offset, Int(byte))
            // U+0080 to U+009F without the line end U+0085.
            case 0xC2 where bytes[offset + 1] < 0xA0 && bytes[offset + 1] != 0x85:
                return (offset, Int(bytes[offset + 1]))
            // U+FFFE and U+FFFF.
            case 0xEF where bytes[offset + 1] == 0xBF && bytes[offset + 2] >= 0xBE:
                return (offset, 0xFF40 + Int(bytes[offset + 2]))
            default: continue
            }
        }
        return nil
    }

    private static func place(of offset: Int, in bytes: [UInt8], file: String) -> SourcePlace {
        let before = bytes[..<offset]
        let line = before.count { $0 == 0x0A } + 1
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // Continuation bytes are no characters of their own.
        let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
        return SourcePlace(file, line: line, column: column)
    }
}
