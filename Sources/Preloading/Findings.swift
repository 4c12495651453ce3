import JSONCodec

/// Puts the rows of one load to the keys that were asked for, and judges the source by them.
struct Findings {
    private let dataset: String
    private let keys: [String]
    private let rows: DatasetRules.Rows
    private let places: [LoadKey: Int]
    private var found: [Found]
    /// Keys that have a row.
    private var complete = 0
    private var doubled = 0
    private var foreign = 0
    private(set) var faults: [SourceFault] = []
    /// Rows nobody asked for, of a source that gives out all it has, up to ``passedLimit``. Only keys whose value is known
    /// with them; where a key has all its rows for its value, none is.
    private(set) var passed: [LoadKey: JSONRaw] = [:]

    private enum Found {
        case nothing, one(JSONRaw), several([JSONRaw]), doubled
    }

    /// Rows kept in ``passed`` at most.
    static let passedLimit = 10_000

    init(_ keys: [String], of dataset: String, rows: DatasetRules.Rows) {
        self.dataset = dataset
        self.keys = keys
        self.rows = rows
        places = Dictionary(uniqueKeysWithValues: keys.enumerated().map { (LoadKey($1), $0) })
        found = Array(repeating: .nothing, count: keys.count)
    }

    /// Whether no further page can add anything.
    var isComplete: Bool { rows != .all && complete == keys.count }

    /// Those without a row yet.
    var open: [String] {
        if rows == .all { return keys }
        return keys.indices.compactMap { index in
            if case .nothing = found[index] { return keys[index] }
            return nil
        }
    }

    mutating func take(_ answer: SourceAnswer) {
        switch answer {
        case .rows(let rows): for row in rows { take(row, isForeignFault: true) }
        case .ordered(let values):
            guard values.count == keys.count else {
                // Which row belongs to which key cannot be told any more.
                faults.append(
                    values.count < keys.count
                        ? .short(rows: values.count, keys: keys.count) : .long(rows: values.count, keys: keys.count))
                return
            }
            for (index, value) in values.enumerated() { if let value { put(value, at: index) } }
        }
    }

    /// Rows with other keys are nothing strange here, nor is the same row once more: pages shift when rows are added
    /// meanwhile.
    mutating func take(_ page: SourcePage) {
        for row in page.rows {
            if let place = places[LoadKey(row.key)], case .one(row.value) = found[place] { continue }
            take(row, isForeignFault: false)
        }
    }

    mutating func note(_ fault: SourceFault) { faults.append(fault) }

    private mutating func take(_ row: SourceRow, isForeignFault: Bool) {
        if let place = places[LoadKey(row.key)] { return put(row.value, at: place) }
        if isForeignFault { foreign += 1 } else { pass(row) }
    }

    private mutating func pass(_ row: SourceRow) {
        let key = LoadKey(row.key)
        switch rows {
        case .all: return
        case .first: if passed[key] != nil || passed.count >= Self.passedLimit { return }
        case .one:
            if let first = passed[key] {
                if first != row.value { passed[key] = nil }
                return
            }
            if passed.count >= Self.passedLimit { return }
        }
        passed[key] = row.value
    }

    private mutating func put(_ value: JSONRaw, at place: Int) {
        switch (found[place], rows) {
        case (.nothing, .all):
            found[place] = .several([value])
            complete += 1
        case (.nothing, _):
            found[place] = .one(value)
            complete += 1
        case (.several(var values), _):
            // Taken out first, so that the list is not copied.
            found[place] = .nothing
            values.append(value)
            found[place] = .several(values)
        case (.one, .first): break
        case (.one, _):
            found[place] = .doubled
            doubled += 1
        case (.doubled, _): doubled += 1
        }
    }

    /// What became of each key, in their order, and what is wrong with the source.
    ///
    /// A key with two rows has an error. After rows with foreign keys a key without a row is not known to be missing:
    /// the source may have meant it. After a whole answer that does not fit its keys, none is known.
    func outcomes() -> (outcomes: [KeyOutcome], faults: [SourceFault]) {
        var faults = faults
        if doubled > 0 { faults.append(.doubled(rows: doubled)) }
        if foreign > 0 { faults.append(.foreign(rows: foreign)) }
        guard !faults.isEmpty else { return (found.map { Self.outcome($0, missing: .missing, doubled: .missing) }, []) }
        let unknown = faults.first { if case .doubled = $0 { false } else { true } }
        let missing = unknown.map { KeyOutcome.failed($0.failure(of: dataset)) } ?? .missing
        let twice = KeyOutcome.failed(SourceFault.doubled(rows: doubled).failure(of: dataset))
        return (found.map { Self.outcome($0, missing: missing, doubled: twice) }, faults)
    }

    private static func outcome(_ found: Found, missing: KeyOutcome, doubled: KeyOutcome) -> KeyOutcome {
        switch found {
        case .nothing: missing
        case .one(let value): .value(value)
        case .several(let values): .value(list(values))
        case .doubled: doubled
        }
    }

    private static func list(_ values: [JSONRaw]) -> JSONRaw {
        var writer = JSONWriter(reserving: values.reduce(2) { $0 + $1.bytes.count + 1 })
        writer.array { json in for value in values { json.raw(value) } }
        return JSONRaw(unchecked: writer.bytes)
    }
}
