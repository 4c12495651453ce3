import Glibc

extension TextModel {
    /// A model without knowledge; it learns from corrections.
    public init() {
        labels = []
        rows = 0
        threshold = 2
        numbers = [:]
        vocabulary = Vocabulary()
        linear = LinearLayer(rows: 0, labels: 0)
        table = MerchantTable()
        values = ValueLayer(labels: 0)
    }

    /// Learns from history. Takes a few seconds for 50,000 rows of 5,000 texts. Probabilities are calibrated on parts that
    /// are first held back: merchants by their name, rows by chance, and the latest.
    ///
    /// - Parameter names: of the labels, where they are not their names themselves. A name speaks for its label, too.
    public init(
        _ history: [LabelledExample], names: [String: String] = [:], _ options: TrainingOptions = TrainingOptions()
    ) {
        let rows = TrainingRows(history, names)
        guard !rows.isEmpty else {
            self.init()
            return
        }
        guard options.calibrates, rows.count >= 200 else {
            self.init(rows, Array(0..<rows.count), options)
            return
        }
        let trial = Trial(rows, folds: options.folds) { TextModel(rows, $0, options) }
        self.init(rows, Array(0..<rows.count), options)
        judgements = trial.judgements()
        threshold = trial.threshold(judgements, precision: options.precision)
    }

    private init(_ rows: TrainingRows, _ chosen: [Int], _ options: TrainingOptions) {
        labels = rows.labels
        self.rows = chosen.count
        threshold = 0.95
        numbers = Dictionary(uniqueKeysWithValues: rows.labels.enumerated().map { ($1, Int32($0)) })
        table = MerchantTable()
        let tallies = rows.tallies(chosen, options)
        let lanes = (rows.labels.count + 7) / 8
        vocabulary = rows.vocabulary(tallies, most: options.maximumWeights / (lanes * 8), options)
        var search = SupportVectors(shares: vocabulary.shares, labels: rows.labels.count)
        var features = Features()
        for (text, tallies) in tallies.enumerated() where !tallies.isEmpty {
            features.removeAll()
            features.addTexts(rows.texts(text))
            var vector = SparseVector()
            vector.append(features, vocabulary)
            search.add(vector, tallies)
        }
        linear = search.solve(cost: options.cost, epochs: options.epochs)
        values = ValueLayer(
            labels: rows.labels.count,
            rows: chosen.lazy.map { row in
                (rows.examples[row].example.amount, rows.label[row], 1 / Float(rows.merchantRows[row]).squareRoot())
            })
        var exact: [UInt64: Int] = [:]
        for row in chosen { exact[rows.keys[row].exact, default: 0] += 1 }
        for row in chosen.sorted(by: { (rows.day[$0], $0) < (rows.day[$1], $1) }) {
            let keys = rows.keys[row]
            note(
                rows.examples[row].example, keys, rows.label[row],
                remembersExact: exact[keys.exact, default: 0] > 1)
        }
        revision = UInt64(chosen.count)
    }

    /// Keeps the row in the memory of merchants.
    mutating func note(
        _ example: TextExample, _ keys: MemoryKeys, _ label: Int32, weight: Float = 1, remembersExact: Bool = false
    ) {
        let day = Self.day(example)
        lastDay = max(lastDay, day)
        table.add(keys.merchant, label: label, day: day, weight: weight)
        diary.note(keys.merchant, Diary.Note(example, label: label))
        if keys.exact != 0, remembersExact || table.contains(keys.exact) {
            table.add(keys.exact, label: label, day: day, weight: weight)
        }
        if keys.amount != 0 { table.add(keys.amount, label: label, day: day, weight: weight) }
        if keys.roughAmount != 0 { table.add(keys.roughAmount, label: label, day: day, weight: weight) }
        if keys.whole != 0 { table.add(keys.whole, label: label, day: day, weight: weight) }
        for key in keys.corrections where table.contains(key) {
            table.add(key, label: label, day: day, weight: weight)
        }
    }
}

/// An order by chance that is the same in every run.
struct Shuffle {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func shuffle(_ order: inout [Int]) {
        for place in stride(from: order.count - 1, to: 0, by: -1) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            order.swapAt(place, Int((state >> 33) % UInt64(place + 1)))
        }
    }
}
