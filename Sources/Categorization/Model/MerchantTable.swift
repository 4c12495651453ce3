/// How often which label was given to a merchant, and to a merchant at an amount of this size. Newer says more.
struct MerchantTable: Sendable {
    struct Tally: Hashable, Sendable {
        var label: Int32
        var weight: Float
    }

    struct Entry: Hashable, Sendable {
        var tallies: [Tally]
        /// Day of the newest row.
        var day: Int32
        /// Label of a correction that has the last word until as much speaks against it.
        var corrected: Int32 = -1

        var total: Float { tallies.reduce(0) { $0 + $1.weight } }
    }

    var entries: [UInt64: Entry] = [:]

    /// Merchants remembered at most; beyond that only known ones learn.
    static let maximumEntries = 400_000

    var count: Int { entries.count }

    func contains(_ key: UInt64) -> Bool { key != 0 && entries[key] != nil }

    /// The key of a merchant at an amount of this size, in bands of a factor of 1.5 or `step` such bands.
    static func key(_ merchant: UInt64, amount: Double?, step: Int64) -> UInt64? {
        guard merchant != 0, let amount, amount.isFinite else { return nil }
        let size = min(abs(amount), 1e12)
        var band: Int64 = -40
        var bound = 0.5
        while size >= bound, band < 60 {
            bound *= 1.5
            band += 1
        }
        band = (band + 40) / step
        if amount < 0 { band += 1000 }
        band += step * 10_000
        return Features.mixed(merchant ^ UInt64(bitPattern: band) &* 0xA24B_AED4_963E_E407)
    }

    mutating func add(_ key: UInt64, label: Int32, day: Int32, weight: Float = 1) {
        guard key != 0 else { return }
        guard var entry = entries[key] else {
            guard entries.count < Self.maximumEntries else { return }
            entries[key] = Entry(tallies: [Tally(label: label, weight: weight)], day: day)
            return
        }
        let age = Float(max(day - entry.day, 0))
        if age > 0 {
            let share = Self.share(afterDays: age)
            for place in entry.tallies.indices { entry.tallies[place].weight *= share }
            entry.day = day
        }
        if let place = entry.tallies.firstIndex(where: { $0.label == label }) {
            entry.tallies[place].weight += weight
        } else {
            entry.tallies.append(Tally(label: label, weight: weight))
        }
        entry.tallies.removeAll { $0.weight < 0.01 }
        if entry.corrected >= 0, entry.corrected != label { entry.corrected = -1 }
        entries[key] = entry
    }

    /// Half for each year, in steps of a day, without a library's exponential.
    private static func share(afterDays days: Float) -> Float {
        var share: Float = 1
        var left = Int(min(days, 36_500))
        // (1/2)^(1/365)
        var factor: Float = 0.998_102_8
        while left > 0 {
            if left & 1 == 1 { share *= factor }
            factor *= factor
            left >>= 1
        }
        return share
    }
}
