import Glibc

/// History made ready for training: labels as numbers, each text once.
struct TrainingRows {
    let examples: [LabelledExample]
    let labels: [String]
    /// What the labels are called; empty for those of which it is not known.
    let names: [String]
    let label: [Int32]
    let keys: [MemoryKeys]
    /// The number of the row's text.
    let text: [Int32]
    /// A row with the text of this number.
    let textRow: [Int32]
    let day: [Int32]
    /// Rows of the row's merchant.
    let merchantRows: [Int32]

    var isEmpty: Bool { examples.isEmpty }
    var count: Int { examples.count }

    /// Labels in the order of the alphabet.
    init(_ history: [LabelledExample], _ names: [String: String]) {
        examples = history
        labels = Set(history.map(\.label)).sorted()
        self.names = labels.map { label in
            names[label] ?? (label.contains(where: \.isLetter) ? label : "")
        }
        let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, Int32($0)) })
        label = history.map { numbers[$0.label] ?? 0 }
        keys = history.map { MemoryKeys($0.example) }
        day = history.map { $0.example.date.map { Int32(clamping: $0.daysSinceEpoch) } ?? 0 }
        var texts: [UInt64: Int32] = [:]
        var text: [Int32] = []
        var textRow: [Int32] = []
        for (row, keys) in keys.enumerated() {
            if let number = texts[keys.text] {
                text.append(number)
            } else {
                texts[keys.text] = Int32(textRow.count)
                text.append(Int32(textRow.count))
                textRow.append(Int32(row))
            }
        }
        self.text = text
        var merchants: [UInt64: Int32] = [:]
        for keys in keys { merchants[keys.merchant, default: 0] += 1 }
        merchantRows = keys.map { merchants[$0.merchant] ?? 1 }
        self.textRow = textRow
    }

    /// Rows to calibrate with, apart in `folds` parts: in each a share of the merchants with all their rows, and of the
    /// others some by chance; in the first also the latest days.
    func heldBack(_ fold: Int, of folds: Int) -> [Int] {
        let latest = day.sorted()[day.count * 9 / 10]
        let hasDays = fold == 0 && latest > (day.min() ?? 0)
        return examples.indices.filter { row in
            Features.mixed(keys[row].merchant ^ 0x5EED) % UInt64(folds) == UInt64(fold)
                || (hasDays && day[row] >= latest)
                || Features.mixed(UInt64(row) &+ 0xABCD) % 12 == UInt64(fold)
        }
    }

    /// How often each text bears each label among the chosen rows; empty for texts that are not among them.
    func tallies(_ chosen: [Int], power: Float) -> [[SupportVectors.Tally]] {
        var tallies = [[SupportVectors.Tally]](repeating: [], count: textRow.count)
        for row in chosen {
            let text = Int(text[row])
            if let place = tallies[text].firstIndex(where: { $0.label == label[row] }) {
                tallies[text][place].count += 1
            } else {
                tallies[text].append(SupportVectors.Tally(label: label[row], count: 1))
            }
        }
        if power != 1 {
            for text in tallies.indices {
                let sum = tallies[text].reduce(0) { $0 + $1.count }
                for place in tallies[text].indices { tallies[text][place].count *= powf(sum, power - 1) }
            }
        }
        return tallies
    }

    /// The pieces of the texts and how rare they are among the rows. At most `most`, the frequent first.
    func vocabulary(_ tallies: [[SupportVectors.Tally]], most: Int, _ options: TrainingOptions) -> Vocabulary {
        var counts: [UInt64: (count: Float, group: Features.Group)] = [:]
        var features = Features()
        var rows: Float = 0
        for (text, tallies) in tallies.enumerated() where !tallies.isEmpty {
            let count = tallies.reduce(0) { $0 + $1.count }
            rows += count
            features.removeAll()
            features.addTexts(examples[Int(textRow[text])].example.texts)
            var inText = Set<UInt64>()
            for piece in features.pieces where inText.insert(piece.hash).inserted {
                counts[piece.hash, default: (0, piece.group)].count += count
            }
        }
        for name in names where !name.isEmpty {
            features.removeAll()
            features.addTexts([name])
            for piece in features.pieces where counts[piece.hash] == nil { counts[piece.hash] = (1, piece.group) }
        }
        var kept = counts
        if kept.count > most {
            // The frequent first; of equally frequent ones it matters little, but must not vary.
            let order = kept.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
            kept = Dictionary(uniqueKeysWithValues: order.prefix(most).map { ($0.key, $0.value) })
        }
        let hashes = kept.keys.sorted()
        let scales = hashes.map { hash in 1 + logf((rows + 1) / ((kept[hash]?.count ?? 0) + 1)) }
        return Vocabulary(
            hashes: hashes, scales: scales,
            lengths: [1, options.fieldScale, options.wordScale, options.kindScale])
    }
}
