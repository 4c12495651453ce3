/// Why bytes are not a model.
public enum ModelBytesError: Error, Hashable, Sendable, CustomStringConvertible {
    case notAModel
    case version(Int)
    case damaged

    public var description: String {
        switch self {
        case .notAModel: "these bytes are no categorizer model"
        case .version(let version):
            "the model has version \(version), this program reads \(TextModel.version); train it anew"
        case .damaged: "the model is damaged: its check does not fit; train it anew"
        }
    }
}

extension TextModel {
    /// Of the layout of the bytes, and of how features are made: a model of another version answers otherwise.
    public static let version = 4
    private static let magic: [UInt8] = Array("MLRC".utf8)

    /// The model as bytes, little endian: "MLRC", version, content, and a check of 64 bits over all before it. The same
    /// model gives the same bytes.
    public func bytes() -> [UInt8] {
        var writer = ByteWriter()
        writer.bytes = Self.magic
        writer.put(UInt16(Self.version))
        writer.put(UInt64(rows))
        writer.put(revision)
        writer.put(threshold)
        writer.put(lastDay)
        writer.put(UInt32(labels.count))
        for label in labels { writer.put(label) }
        for judgement in judgements {
            writer.put(judgement.temperature)
            writer.put(judgement.value)
            writer.put(judgement.priors)
            writer.put(UInt32(judgement.calibration.points.count))
            for point in judgement.calibration.points {
                writer.put(point.score)
                writer.put(point.probability)
            }
        }
        writer.put(UInt32(linear.labels))
        writer.put(vocabulary.hashes)
        writer.put(UInt32(vocabulary.rows.count))
        for row in vocabulary.rows { writer.put(row) }
        writer.put(vocabulary.scales)
        writer.put(vocabulary.lengths)
        writer.put(linear.weights)
        writer.put(linear.bias)
        writer.put(values.ratios)
        writer.put(UInt32(table.entries.count))
        for (key, entry) in table.entries.sorted(by: { $0.key < $1.key }) {
            writer.put(key)
            writer.put(entry.day)
            writer.put(entry.corrected)
            writer.put(UInt32(entry.tallies.count))
            for tally in entry.tallies {
                writer.put(tally.label)
                writer.put(tally.weight)
            }
        }
        writer.put(UInt32(diary.pages.count))
        for (merchant, page) in diary.pages.sorted(by: { $0.key < $1.key }) {
            writer.put(merchant)
            writer.put(UInt32(page.count))
            for note in page {
                writer.put(note.day)
                writer.put(note.label)
                writer.put(note.amount)
                writer.put(note.words)
            }
        }
        writer.put(ByteWriter.check(writer.bytes[...]))
        return writer.bytes
    }

    /// Reads what ``bytes()`` wrote. Bytes that were changed or cut short are refused, whatever they say.
    public init(bytes: [UInt8]) throws(ModelBytesError) {
        guard bytes.count >= Self.magic.count + 10, bytes.starts(with: Self.magic) else { throw .notAModel }
        var reader = ByteReader(bytes[Self.magic.count..<(bytes.count - 8)])
        let version = Int(reader.integer(UInt16.self) ?? 0)
        guard version == Self.version else { throw .version(version) }
        var tail = ByteReader(bytes[(bytes.count - 8)...])
        guard tail.integer(UInt64.self) == ByteWriter.check(bytes[..<(bytes.count - 8)]) else { throw .damaged }
        guard let model = Self.read(&reader), reader.isAtEnd else { throw .damaged }
        self = model
    }

    private static func read(_ reader: inout ByteReader) -> TextModel? {
        var model = TextModel()
        guard let rows = reader.integer(UInt64.self), let revision = reader.integer(UInt64.self),
            let threshold = reader.float(), let lastDay = reader.integer(Int32.self),
            let labels = reader.list({ $0.text() }), Set(labels).count == labels.count,
            let judgements = judgements(&reader),
            let linearLabels = reader.integer(UInt32.self).map({ Int($0) }), linearLabels <= labels.count,
            let hashes = reader.words(UInt64.self), let pieceRows = reader.words(Int32.self),
            let scales = reader.floats(), Vocabulary.isWhole(hashes: hashes, rows: pieceRows, scales: scales),
            let lengths = reader.floats(), lengths.count == Features.Group.allCases.count,
            let weights = reader.lanes(), let bias = reader.lanes(), let ratios = reader.lanes(),
            Set(hashes).count == hashes.count
        else { return nil }
        model.labels = labels
        model.numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, Int32($0)) })
        model.rows = Int(clamping: rows)
        model.revision = revision
        model.threshold = threshold
        model.lastDay = lastDay
        model.judgements = judgements
        model.vocabulary = Vocabulary(hashes: hashes, rows: pieceRows, scales: scales, lengths: lengths)
        model.linear = LinearLayer(rows: 0, labels: linearLabels)
        let lanes = model.linear.lanes
        model.values = ValueLayer(labels: linearLabels)
        guard weights.count == scales.count * lanes, bias.count == lanes, ratios.count == model.values.ratios.count
        else { return nil }
        model.values.ratios = ratios
        model.linear.weights = weights
        model.linear.bias = bias
        guard let entries = reader.list({ entry(&$0, labels: labels.count) }) else { return nil }
        model.table.entries = Dictionary(entries, uniquingKeysWith: { first, _ in first })
        guard let pages = reader.list({ page(&$0, labels: labels.count) }) else { return nil }
        model.diary = Diary(pages: Dictionary(pages, uniquingKeysWith: { first, _ in first }))
        return model
    }

    private static func judgements(_ reader: inout ByteReader) -> [Judgement]? {
        var judgements: [Judgement] = []
        for _ in Regime.allCases {
            guard let temperature = reader.float(), temperature > 0, let value = reader.float(),
                let priors = reader.floats(), priors.count == MemoryKeys.levelCount,
                let points = reader.list({ reader -> Calibration.Point? in
                    guard let score = reader.float(), let probability = reader.float() else { return nil }
                    return Calibration.Point(score: score, probability: probability)
                })
            else { return nil }
            judgements.append(
                Judgement(
                    temperature: temperature, value: value, priors: priors,
                    calibration: Calibration(points: points)))
        }
        return judgements
    }

    private static func entry(_ reader: inout ByteReader, labels: Int) -> (UInt64, MerchantTable.Entry)? {
        guard let key = reader.integer(UInt64.self), let day = reader.integer(Int32.self),
            let corrected = reader.integer(Int32.self), corrected < labels,
            let tallies = reader.list({ reader -> MerchantTable.Tally? in
                guard let label = reader.integer(Int32.self), label >= 0, label < labels, let weight = reader.float()
                else { return nil }
                return MerchantTable.Tally(label: label, weight: weight)
            })
        else { return nil }
        return (key, MerchantTable.Entry(tallies: tallies, day: day, corrected: corrected))
    }

    private static func page(_ reader: inout ByteReader, labels: Int) -> (UInt64, [Diary.Note])? {
        guard let merchant = reader.integer(UInt64.self),
            let notes = reader.list({ reader -> Diary.Note? in
                guard let day = reader.integer(Int32.self), let label = reader.integer(Int32.self), label >= 0,
                    label < labels, let amount = reader.float(), let words = reader.integer(UInt64.self)
                else { return nil }
                return Diary.Note(day: day, label: label, amount: amount, words: words)
            })
        else { return nil }
        return (merchant, notes)
    }
}
