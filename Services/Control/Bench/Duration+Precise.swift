extension Duration {
    /// Three digits or so: "312 us", "1.25 ms", "12.5 ms", "1.25 s".
    var precise: String {
        let microseconds = self.microseconds
        if microseconds < 1000 { return "\(microseconds) us" }
        if microseconds < 1_000_000 { return Self.digits(microseconds, per: 1000) + " ms" }
        return Self.digits(microseconds / 1000, per: 1000) + " s"
    }

    private static func digits(_ value: Int64, per unit: Int64) -> String {
        let whole = value / unit
        if whole >= 100 { return "\(whole)" }
        if whole >= 10 { return "\(whole).\(value % unit * 10 / unit)" }
        let hundredths = value % unit * 100 / unit
        return "\(whole).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}
