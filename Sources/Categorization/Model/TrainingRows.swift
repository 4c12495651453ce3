import Glibc

/// History made ready for training: labels as numbers, each text once.
struct TrainingRows {
    let examples: [LabelledExample]
    let labels: [String]
    let label: [Int32]
    let keys: [MemoryKeys]
    /// The number of the row's text.
    let text: [Int32]
    /// A row with the text of this number.
    let textRow: [Int32]
    let day: [Int32]

    var isEmpty: Bool { examples.isEmpty }
    var count: Int { examples.count }

    /// Labels in the order of the alphabet.
    init(_ history: [LabelledExample]) {
        examples = history
        labels = Set(history.map(\.label)).sorted()
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
                || Features.mixed(UInt64(row) &+ 0xABCD) % 20 == UInt64(fold)
        }
    }

    /// The pieces of the chosen rows: those of texts scaled by how rare they are. At most `most`, the frequent first.
    func vocabulary(_ chosen: [Int], most: Int, _ options: TrainingOptions) -> Vocabulary {
        var seenTexts = [Bool](repeating: false, count: textRow.count)
        var counts: [UInt64: (count: Int32, group: Features.Group)] = [:]
        var features = Features()
        var texts = 0
        for row in chosen {
            if !seenTexts[Int(text[row])] {
                seenTexts[Int(text[row])] = true
                texts += 1
                features.removeAll()
                features.addTexts(examples[row].example.texts)
                var inText = Set<UInt64>()
                for piece in features.pieces where inText.insert(piece.hash).inserted {
                    counts[piece.hash, default: (0, piece.group)].count += 1
                }
            }
            features.removeAll()
            features.addValues(examples[row].example, merchant: keys[row].merchant)
            for piece in features.pieces { counts[piece.hash, default: (0, piece.group)].count += 1 }
        }
        var kept = counts.filter { $1.count >= 2 || $1.group.rawValue <= Features.Group.whole.rawValue }
        if kept.count > most {
            // The frequent first; of equally frequent ones it matters little, but must not vary.
            let order = kept.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
            kept = Dictionary(uniqueKeysWithValues: order.prefix(most).map { ($0.key, $0.value) })
        }
        let hashes = kept.keys.sorted()
        let scales = hashes.map { hash -> Float in
            guard let (count, group) = kept[hash] else { return 0 }
            let rarity = 1 + logf(Float(texts + 1) / Float(count + 1))
            return switch group {
            case .letters: rarity
            case .word: rarity * options.wordScale
            case .kind: options.kindScale
            case .whole: options.wholeScale
            case .value: options.valueScale
            case .mixed: options.mixedScale
            }
        }
        return Vocabulary(hashes: hashes, scales: scales)
    }

    /// The vectors of the chosen rows' texts, by the text's number.
    func textVectors(_ chosen: [Int], _ vocabulary: Vocabulary) -> [SparseVector?] {
        var vectors = [SparseVector?](repeating: nil, count: textRow.count)
        var features = Features()
        for row in chosen where vectors[Int(text[row])] == nil {
            features.removeAll()
            features.addTexts(examples[row].example.texts)
            var vector = SparseVector()
            vector.append(features, vocabulary)
            vectors[Int(text[row])] = vector
        }
        return vectors
    }
}
