/// Numbers of bytes with a unit.
public enum ByteSize {
    private static let units: [(name: Character, bytes: Int)] = [
        ("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10),
    ]

    /// "16M", "16MiB", "64K", "1048576"; K, M, G and T are powers of 1024. Nil for anything else.
    public static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let suffix = trimmed(text.dropFirst(digits.count))
        if suffix.isEmpty || suffix == "B" { return number }
        guard let unit = units.first(where: { suffix.first?.uppercased() == String($0.name) }),
            ["", "B", "iB"].contains(suffix.dropFirst())
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : product
    }

    /// With the largest unit that keeps it whole: "16M", "1500".
    public static func text(_ bytes: Int) -> String {
        for unit in units where bytes != 0 && bytes % unit.bytes == 0 {
            return "\(bytes / unit.bytes)\(unit.name)"
        }
        return String(bytes)
    }
}
