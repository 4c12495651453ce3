/// Round numbers along an axis, and the way from values to places.
struct Scale {
    let low: Double
    let high: Double
    let ticks: [Double]

    /// - Parameter count: how many ticks there should be, about.
    init(_ low: Double, _ high: Double, ticks count: Int) {
        let low = low.isFinite ? low : 0
        let high = high.isFinite && high > low ? high : low + 1
        let step = Self.round((high - low) / Double(max(1, count)))
        let first = (low / step).rounded(.down)
        let last = (high / step).rounded(.up)
        self.low = first * step
        self.high = last * step
        ticks = stride(from: first, through: last, by: 1).map { $0 * step }
    }

    /// Round times: minutes and hours instead of powers of ten.
    init(seconds low: Double, _ high: Double, ticks count: Int) {
        let high = high > low ? high : low + 60
        let wanted = (high - low) / Double(max(1, count))
        let steps: [Double] = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800]
        let step = steps.first { $0 >= wanted } ?? (wanted / 604_800).rounded(.up) * 604_800
        self.low = low
        self.high = high
        ticks = stride(from: (low / step).rounded(.up) * step, through: high, by: step).map { $0 }
    }

    /// 1, 2 or 5 times a power of ten, no less than the number.
    private static func round(_ number: Double) -> Double {
        guard number > 0 else { return 1 }
        var power = 1.0
        while power * 10 <= number { power *= 10 }
        while power > number { power /= 10 }
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= number * (1 - 1e-12) } ?? power * 10
    }

    /// From 0 (low) to 1 (high).
    func place(_ value: Double) -> Double { (value - low) / (high - low) }
}
