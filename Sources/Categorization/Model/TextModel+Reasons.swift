extension TextModel {
    static let maximumReasons = 8

    /// What speaks for a label and against it: words with the runs of letters in them, amount and date, and what is
    /// remembered of the merchant; the strongest first. Contributions of the linear layer are against the mean of all labels.
    public func reasons(for label: String, of example: TextExample) -> [LearnedReason] {
        guard let number = numbers[label] else { return [] }
        let keys = MemoryKeys(example)
        var reasons: [LearnedReason] = []
        if let entry = table.entries[keys.merchant] {
            let share = (entry.tallies.first { $0.label == number }?.weight ?? 0) / max(entry.total, 1e-6)
            let what = entry.corrected == number ? "merchant, as corrected" : "merchant, as booked before"
            reasons.append(LearnedReason(what, Double(share)))
        }
        if number < linear.labels { reasons += linearReasons(Int(number), example, keys) }
        reasons.sort { (abs($1.contribution), $0.feature) < (abs($0.contribution), $1.feature) }
        return Array(reasons.prefix(Self.maximumReasons))
    }

    private func linearReasons(_ label: Int, _ example: TextExample, _ keys: MemoryKeys) -> [LearnedReason] {
        var features = Features()
        features.addTexts(example.texts)
        var vector = SparseVector()
        vector.append(features, vocabulary)
        let values = Dictionary(zip(vector.numbers, vector.values), uniquingKeysWith: { first, _ in first })
        // A piece that stands in several words is shared among them.
        var places: [Int32: [Int32]] = [:]
        for piece in features.pieces {
            guard let number = vocabulary.number(of: piece.hash) else { continue }
            places[vocabulary.rows[Int(number)], default: []].append(piece.word)
        }
        var sums = [Double](repeating: 0, count: features.words.count)
        for (number, words) in places.sorted(by: { $0.key < $1.key }) {
            let part = contribution(number, values[number] ?? 0, label) / Double(words.count)
            for word in words where sums.indices.contains(Int(word)) { sums[Int(word)] += part }
        }
        var reasons = zip(features.words, sums).map { range, sum in
            LearnedReason("word \"\(String(decoding: features.letters[range], as: UTF8.self))\"", sum)
        }
        // In the scores' measure.
        let judgement = judgements[Regime.known.rawValue]
        let sum = Double(
            self.values.contribution(example.amount, label: label) * judgement.value * judgement.temperature)
        if sum != 0 { reasons.append(LearnedReason("amount", sum)) }
        return reasons.map { LearnedReason($0.feature, $0.contribution.rounded(places: 4)) }
    }

    private func contribution(_ number: Int32, _ value: Float, _ label: Int) -> Double {
        let row = Int(number) * linear.lanes
        let weight = linear.weights[row + label / 8][label % 8]
        let mean = (0..<linear.lanes).reduce(Float(0)) { $0 + linear.weights[row + $1].sum() } / Float(linear.labels)
        return Double((weight - mean) * value)
    }
}
