/// What the payout of an order is called and says.
public enum ServiceFee {
    /// "Service fee for December 2025"
    public static func name(_ month: Month?) -> String {
        guard let month else { return "Service fee" }
        return "Service fee for \(month.englishName) \(month.year)"
    }

    /// "Software development, December 1-31, 2025". The positions decide the work; without a month it is software
    /// development, and no days are named.
    public static func description(positions: [String], month: Month?) -> String {
        guard let month else { return software }
        return "\(work(positions)), \(month.englishName) 1-\(month.lastDay.day), \(month.year)"
    }

    private static let software = "Software development"

    private static func work(_ positions: [String]) -> String {
        let words = positions.map { $0.lowercased() }
        if words.contains(where: { $0.contains("design") }) { return "Design consulting" }
        if words.contains(where: { $0.contains("operation executive") }) { return "Operational consulting" }
        return software
    }
}

extension Month {
    /// "December"
    var englishName: String {
        [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ][month - 1]
    }
}
