import Glibc

/// History made ready for training: labels as numbers, each text once.
struct TrainingRows {
    let examples: [LabelledExample]
    let labels: [String]
    /// What the labels are called; empty where that is not known.
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
    ///
    /// - Parameter names: of the labels, where they are not their names themselves.
    init(_ history: [LabelledExample], _ names: [String: String]) {
        examples = history
        labels = Set(history.map(\.label)).sorted()
        self.names = labels.map { names[$0] ?? ($0.contains(where: \.isLetter) ? $0 : "") }
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

    /// Rows to learn from and rows to calibrate with, in `folds` ways: judged are a share of the merchants with all their
    /// rows, and of the others some by chance; in the first two also a tenth of the time, and nothing is learned of what is
    /// later.
    func part(_ fold: Int, of folds: Int) -> (learn: [Int], judge: [Int]) {
        let days = day.sorted()
        let later = fold < 2 ? days[days.count * (9 - fold) / 10] : .max
        let begin = later > days[0] ? later : .max
        let end = fold == 1 ? days[days.count * 9 / 10] : .max
        var (learn, judge) = ([Int](), [Int]())
        for row in examples.indices {
            if Features.mixed(keys[row].merchant ^ 0x5EED) % UInt64(folds) == UInt64(fold) {
                judge.append(row)
            } else if day[row] >= begin {
                if day[row] < end { judge.append(row) }
            } else if Features.mixed(UInt64(row) &+ 0xABCD) % 12 == UInt64(fold) {
                judge.append(row)
            } else {
                learn.append(row)
            }
        }
        return (learn, judge)
    }

    /// How often each text bears each label among the chosen rows; empty for texts that are not among them. The name of a
    /// label is a text that bears it `nameRows` times.
    func tallies(_ chosen: [Int], _ options: TrainingOptions) -> [[SupportVectors.Tally]] {
        var tallies = [[SupportVectors.Tally]](repeating: [], count: textRow.count)
        for row in chosen {
            let text = Int(text[row])
            let weight = powf(Float(merchantRows[row]), -options.merchantPower)
            if let place = tallies[text].firstIndex(where: { $0.label == label[row] }) {
                tallies[text][place].count += weight
            } else {
                tallies[text].append(SupportVectors.Tally(label: label[row], count: weight))
            }
        }
        if options.rowPower != 1 {
            for text in tallies.indices {
                let sum = tallies[text].reduce(0) { $0 + $1.count }
                for place in tallies[text].indices { tallies[text][place].count *= powf(sum, options.rowPower - 1) }
            }
        }
        return tallies
            + names.enumerated().map { label, name in
                guard !name.isEmpty, options.nameRows > 0 else { return [] }
                return [SupportVectors.Tally(label: Int32(label), count: options.nameRows)]
            }
    }

    /// The texts of a number: of a row, or behind those the names of the labels.
    func texts(_ number: Int) -> [String] {
        number < textRow.count ? examples[Int(textRow[number])].example.texts : [names[number - textRow.count]]
    }

    /// The pieces of the texts that have tallies, and how rare they are among the rows. Pieces that came with the same texts
    /// equally often share a row of weights; at most `most` rows, the frequent first.
    func vocabulary(_ tallies: [[SupportVectors.Tally]], most: Int, _ options: TrainingOptions) -> Vocabulary {
        struct Seen {
            var count: Float
            /// Of the texts it came with and how often.
            var sign: UInt64
        }
        var seen: [UInt64: Seen] = [:]
        var features = Features()
        var rows: Float = 0
        for (text, tallies) in tallies.enumerated() where !tallies.isEmpty {
            let count = tallies.reduce(0) { $0 + $1.count }
            rows += count
            features.removeAll()
            features.addTexts(texts(text))
            var times: [UInt64: UInt64] = [:]
            for piece in features.pieces { times[piece.hash, default: UInt64(piece.group.rawValue)] += 1 << 8 }
            for (hash, times) in times {
                var piece = seen[hash] ?? Seen(count: 0, sign: 0)
                piece.count += count
                piece.sign = Features.mixed(piece.sign ^ Features.mixed(UInt64(text) << 32 + times))
                seen[hash] = piece
            }
        }
        let ordered = seen.map { (hash: $0.key, count: $0.value.count, sign: $0.value.sign) }
            .sorted { ($1.count, $0.sign, $0.hash) < ($0.count, $1.sign, $1.hash) }
        var (hashes, numbers, scales) = ([UInt64](), [Int32](), [Float]())
        var last: (count: Float, sign: UInt64)?
        for piece in ordered {
            if last?.count != piece.count || last?.sign != piece.sign {
                guard scales.count < most else { break }
                scales.append(1 + logf((rows + 1) / (piece.count + 1)))
                last = (piece.count, piece.sign)
            }
            hashes.append(piece.hash)
            numbers.append(Int32(scales.count - 1))
        }
        return Vocabulary(
            hashes: hashes, rows: numbers, scales: scales,
            lengths: [1, options.fieldScale, options.wordScale, options.kindScale, options.pairScale])
    }
}
