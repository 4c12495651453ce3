/// Bytes as a person reads them: "4.0 MiB".
enum ByteText {
    static func short(_ bytes: Int64) -> String {
        var value = Double(max(0, bytes)), unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        if unit == 0 { return "\(bytes) B" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
