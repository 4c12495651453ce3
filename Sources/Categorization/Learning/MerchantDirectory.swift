import Glibc

/// A merchant under the name it is known by.
public struct CanonicalMerchant: Hashable, Sendable {
    public let id: Int64
    public var name: String
    public var usageCount: Int

    public init(id: Int64, name: String, usageCount: Int = 0) {
        self.id = id
        self.name = name
        self.usageCount = max(usageCount, 0)
    }

    /// A match with a merchant used more than ten times counts a little more.
    public func boosted(_ score: Double) -> Double {
        usageCount > 10 ? min(score + 0.05 * log10(Double(usageCount)), 1) : score
    }
}

/// Merchants with the texts under which they were booked.
public struct MerchantDirectory: Sendable {
    /// How a text was recognised.
    public enum Found: String, Hashable, Sendable { case alias, normalisedAlias, similar, created }

    public static let similarity = 0.6

    private var merchants: [Int64: CanonicalMerchant] = [:]
    private var trigrams: [(id: Int64, trigrams: Trigrams)] = []
    private var rawAliases: [String: Int64] = [:]
    private var aliases: [String: Int64] = [:]
    private var nextID: Int64 = 1

    public init() {}

    /// - Parameter aliases: raw texts with the number of their merchant; unknown numbers are passed over.
    public init(_ merchants: [CanonicalMerchant], aliases: [(raw: String, merchant: Int64)]) {
        for merchant in merchants.sorted(by: { $0.id < $1.id }) { insert(merchant) }
        for alias in aliases where self.merchants[alias.merchant] != nil { add(alias.raw, alias.merchant) }
    }

    public var all: [CanonicalMerchant] { merchants.values.sorted { $0.id < $1.id } }

    /// The merchant of a booked text: by the text itself, by its normalised form, by likeness to a name (which then
    /// gains the text as alias), else a new one. Counts as a use. Nil for a text without letters.
    public mutating func resolve(_ raw: String) -> (merchant: CanonicalMerchant, found: Found)? {
        if let id = rawAliases[raw] { return use(id, .alias) }
        let name = MerchantName.normalised(raw)
        guard !name.isEmpty else { return nil }
        if let id = aliases[name] {
            rawAliases[raw] = id
            return use(id, .normalisedAlias)
        }
        if let id = nearest(name) {
            add(raw, id)
            return use(id, .similar)
        }
        let id = nextID
        insert(CanonicalMerchant(id: id, name: name))
        add(raw, id)
        return use(id, .created)
    }

    private mutating func insert(_ merchant: CanonicalMerchant) {
        merchants[merchant.id] = merchant
        trigrams.append((merchant.id, Trigrams(Letters.scalars(merchant.name))))
        aliases[merchant.name] = aliases[merchant.name] ?? merchant.id
        nextID = max(nextID, merchant.id + 1)
    }

    private mutating func add(_ raw: String, _ id: Int64) {
        rawAliases[raw] = id
        aliases[MerchantName.normalised(raw)] = id
    }

    private mutating func use(_ id: Int64, _ found: Found) -> (CanonicalMerchant, Found)? {
        merchants[id]?.usageCount += 1
        return merchants[id].map { ($0, found) }
    }

    private func nearest(_ name: String) -> Int64? {
        let query = Trigrams(Letters.scalars(name))
        var best: (score: Double, id: Int64)?
        for candidate in trigrams {
            let score = query.similarity(to: candidate.trigrams)
            if score > Self.similarity, score > best?.score ?? 0 { best = (score, candidate.id) }
        }
        return best?.id
    }
}
