extension TextModel {
    /// Takes in one more row of history.
    public mutating func observe(_ example: TextExample, label: String) {
        let keys = MemoryKeys(example)
        let number = number(of: label)
        step(example, number)
        note(example, keys, number)
        rows += 1
        revision = Features.mixed(revision &+ 1)
    }

    /// Learns what a person said. From now on the merchant gets this label at amounts of this size and with these words, or
    /// at this very amount where many rows speak for amounts of this size; and a merchant of whom nothing else was learned
    /// gets it whatever the rest. So it stays until a row or a correction says otherwise. Other expenses of the merchant have
    /// one more row to go by.
    public mutating func correct(_ example: TextExample, label: String) {
        let keys = MemoryKeys(example)
        let number = number(of: label)
        let isEstablished = keys.amount != 0 && table.isEstablished(keys.merchant)
        let isAmountEstablished = isEstablished && table.isEstablished(keys.amount)
        step(example, number, weight: isEstablished ? 0.2 : 0.3)
        note(example, keys, number, weight: isEstablished ? 1 : 2)
        if isAmountEstablished { table.add(keys.exact, label: number, day: Self.day(example)) }
        let said = isAmountEstablished ? keys.saidExactly : keys.amount != 0 ? keys.saidOfAmount : keys.said
        if !table.contains(said) { table.add(said, label: number, day: Self.day(example)) }
        table.entries[said]?.corrected = number
        if table.entries[keys.merchant]?.tallies.count == 1 { table.entries[keys.merchant]?.corrected = number }
        rows += 1
        revision = Features.mixed(revision &+ 1)
    }

    static func day(_ example: TextExample) -> Int32 {
        example.date.map { Int32(clamping: $0.daysSinceEpoch) } ?? 0
    }

    private mutating func number(of label: String) -> Int32 {
        if let number = numbers[label] { return number }
        let number = Int32(labels.count)
        labels.append(label)
        numbers[label] = number
        return number
    }

    /// A step of the linear layer; labels it was not made for live in the memory until it is trained anew.
    private mutating func step(_ example: TextExample, _ label: Int32, weight: Float = 1) {
        guard label < linear.labels else { return }
        var features = Features()
        var vector = SparseVector()
        features.addTexts(example.texts)
        vector.append(features, vocabulary)
        var scores = [LinearLayer.Lane](repeating: .zero, count: linear.lanes)
        linear.learn(
            vector, moves: vector.moves(vocabulary), label: Int(label), weight: Self.onlineShare * weight,
            scores: &scores)
    }

    /// The share of a wrong score that one row mends.
    private static let onlineShare: Float = 0.1
}

extension MerchantTable {
    /// From so many rows on, the newer counting more, a merchant is known.
    static let established: Float = 4

    func isEstablished(_ key: UInt64) -> Bool { (entries[key]?.total ?? 0) >= Self.established }
}
