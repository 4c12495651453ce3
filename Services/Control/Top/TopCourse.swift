import Plots

/// How the rates were over the last pictures.
struct TopCourse: Sendable {
    static let length = 24

    private var values: [(name: String, rates: [Double?])] = []

    /// Takes the rates of a picture in.
    mutating func note(_ rates: TopRates) {
        for rate in rates.rates where !values.contains(where: { $0.name == rate.name }) {
            values.append((rate.name, []))
        }
        for index in values.indices {
            let name = values[index].name
            values[index].rates.append(rates.rates.first { $0.name == name }?.perSecond)
            if values[index].rates.count > Self.length { values[index].rates.removeFirst() }
        }
    }

    /// "submitted ▁▃█▂  over ▁▁▅█"; nil before there are two pictures, and for rates that were always 0.
    var line: String? {
        let moving = values.filter { $0.rates.count > 1 && $0.rates.contains { ($0 ?? 0) > 0 } }
        return moving.isEmpty ? nil : moving.map { "\($0.name) \(Sparkline.text($0.rates))" }.joined(separator: "  ")
    }
}
