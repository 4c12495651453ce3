import Glibc

/// Room for one caller's predictions, and scores of texts seen lately. Bounded; may be used with any model.
public struct ModelScratch: Sendable {
    var features = Features()
    var vector = SparseVector()
    var scores: [LinearLayer.Lane] = []
    var mixed: [Float] = []
    var recollection = Recollection()
    var voices: [Diary.Voice] = []
    private var young: [UInt64: [LinearLayer.Lane]] = [:]
    private var old: [UInt64: [LinearLayer.Lane]] = [:]
    private var revision: UInt64?

    /// Texts of which scores are kept, at most twice as many.
    static let maximumTexts = 4096

    public init() {}

    mutating func prepare(for model: TextModel) {
        if revision != model.revision || scores.count != model.linear.lanes {
            young = [:]
            old = [:]
            revision = model.revision
        }
        if scores.count != model.linear.lanes {
            scores = [LinearLayer.Lane](repeating: .zero, count: model.linear.lanes)
        }
    }

    mutating func kept(_ text: UInt64) -> [LinearLayer.Lane]? {
        if let kept = young[text] { return kept }
        guard let kept = old[text] else { return nil }
        young[text] = kept
        return kept
    }

    mutating func keep(_ text: UInt64) {
        if young.count >= Self.maximumTexts {
            old = young
            young = [:]
        }
        young[text] = scores
    }

    /// Lays the lanes' values out one by one; labels the linear layer does not know get nothing.
    mutating func spread(labels: Int) {
        if mixed.count != labels { mixed = [Float](repeating: 0, count: labels) }
        for label in 0..<labels { mixed[label] = label / 8 < scores.count ? scores[label / 8][label % 8] : 0 }
    }

    /// The labels of the highest mixed scores, `first` before all.
    func best(_ count: Int, first: Int) -> [Int] {
        var best = [first]
        while best.count < min(count, mixed.count) {
            var next = -1
            for label in mixed.indices where !best.contains(label) && (next < 0 || mixed[label] > mixed[next]) {
                next = label
            }
            best.append(next)
        }
        return best
    }
}

extension SparseVector {
    /// Adds the known pieces: each once, by how often it stands there; those of a group are scaled to the group's length.
    /// Pieces that share a row of weights add up.
    mutating func append(_ features: Features, _ vocabulary: Vocabulary) {
        var found: [Int32] = []
        found.reserveCapacity(features.pieces.count)
        for piece in features.pieces {
            if let number = vocabulary.number(of: piece.hash) {
                found.append(number | Int32(piece.group.rawValue) << 28)
            }
        }
        found.sort()
        var starts = [Int](repeating: numbers.count, count: Features.Group.allCases.count + 1)
        var squares = [Float](repeating: 0, count: Features.Group.allCases.count)
        var place = 0
        while place < found.count {
            let piece = found[place]
            var count = 0
            while place < found.count, found[place] == piece {
                count += 1
                place += 1
            }
            let row = vocabulary.rows[Int(piece & 0x0FFF_FFFF)]
            let group = Int(piece >> 28)
            var value = vocabulary.scales[Int(row)]
            if count > 1 { value *= 1 + logf(Float(count)) }
            squares[group] += value * value
            if starts[group] < numbers.count, numbers[numbers.count - 1] == row {
                values[values.count - 1] += value
            } else {
                numbers.append(row)
                values.append(value)
            }
            for later in (group + 1)..<starts.count { starts[later] = numbers.count }
        }
        for group in squares.indices where squares[group] > 0 {
            let scale = vocabulary.lengths[group] / squares[group].squareRoot()
            for place in starts[group]..<starts[group + 1] { values[place] *= scale }
        }
    }
}
