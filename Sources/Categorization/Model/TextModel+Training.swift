import Glibc

extension TextModel {
    /// A model without knowledge; it learns from corrections.
    public init() {
        labels = []
        rows = 0
        threshold = 2
        numbers = [:]
        vocabulary = Vocabulary()
        linear = LinearLayer(pieces: 0, labels: 0)
        table = MerchantTable()
        smoothing = 0.2
    }

    /// Learns from history. Takes a few seconds for 50,000 rows; probabilities are calibrated on a part that is first
    /// held back: merchants by their name, rows by chance, and the latest.
    public init(_ history: [LabelledExample], _ options: TrainingOptions = TrainingOptions()) {
        let rows = TrainingRows(history)
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
        known = trial.judgement(known: true)
        unknown = trial.judgement(known: false)
        threshold = trial.threshold(known, unknown, precision: options.precision)
    }

    private init(_ rows: TrainingRows, _ chosen: [Int], _ options: TrainingOptions) {
        labels = rows.labels
        self.rows = chosen.count
        threshold = 0.95
        numbers = Dictionary(uniqueKeysWithValues: rows.labels.enumerated().map { ($1, Int32($0)) })
        smoothing = Float(options.smoothing)
        table = MerchantTable()
        let lanes = (rows.labels.count + 7) / 8
        let vocabulary = rows.vocabulary(chosen, most: options.maximumWeights / (lanes * 8), options)
        self.vocabulary = vocabulary
        var linear = LinearLayer(pieces: vocabulary.count, labels: rows.labels.count)
        let texts = rows.textVectors(chosen, vocabulary)
        var order = chosen
        var random = Shuffle(seed: 42)
        var scores = [LinearLayer.Lane](repeating: .zero, count: lanes)
        var vector = SparseVector()
        var features = Features()
        for _ in 0..<options.epochs {
            random.shuffle(&order)
            for row in order {
                vector.removeAll()
                vector.append(texts[Int(rows.text[row])] ?? SparseVector())
                features.removeAll()
                features.addValues(rows.examples[row].example, merchant: rows.keys[row].merchant)
                vector.append(features, vocabulary)
                linear.learn(vector, label: Int(rows.label[row]), weight: 1, smoothing: smoothing, scores: &scores)
            }
        }
        self.linear = linear
        for row in chosen.sorted(by: { (rows.day[$0], $0) < (rows.day[$1], $1) }) {
            note(rows.keys[row], rows.label[row], day: rows.day[row])
        }
        revision = UInt64(chosen.count)
    }

    /// Keeps the row in the memory of merchants.
    mutating func note(_ keys: MemoryKeys, _ label: Int32, day: Int32, weight: Float = 1) {
        table.add(keys.merchant, label: label, day: day, weight: weight)
        if keys.exact != 0, table.contains(keys.exact) { table.add(keys.exact, label: label, day: day, weight: weight) }
        if keys.amount != 0 { table.add(keys.amount, label: label, day: day, weight: weight) }
        if keys.whole != 0 { table.add(keys.whole, label: label, day: day, weight: weight) }
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
