import JSONCodec
import Linux

/// What the simulated Notion holds, and the rules of its answers; no sockets.
public struct SimulatedNotion: Sendable {
    /// By name.
    public private(set) var tables: [String: SimulatedTable] = [:]
    /// Rows that one query gives at most.
    public var ceiling = 10_000
    /// References of a relation that a page shows.
    public var shownReferences = 25
    private var lastID = 0
    /// Where each page is.
    private var owners: [String: String] = [:]
    /// Databases that have got a second data source, which old versions cannot speak of.
    public var divided: Set<String> = []

    public init() {}

    // MARK: - Setting up

    /// Adds an empty table. Its ids are made of its place, so they are the same in every run.
    @discardableResult
    public mutating func addTable(_ name: String, _ properties: [SimulatedTable.Property]) -> SimulatedTable {
        let number = tables.count + 1
        let table = SimulatedTable(
            name: name, id: Self.identifier(0xD5, number), database: Self.identifier(0xDB, number),
            properties: properties)
        tables[name] = table
        return table
    }

    /// Adds a row and returns its id.
    @discardableResult
    public mutating func addRow(
        _ table: String, _ values: [String: SimulatedValue],
        created: Timestamp = Timestamp(milliseconds: 1_767_600_000_000)
    ) -> String {
        lastID += 1
        let id = Self.identifier(0xAA, lastID)
        guard let properties = tables[table]?.properties else { preconditionFailure("no table \(table)") }
        for name in values.keys {
            precondition(properties.contains { $0.name == name }, "no property \(name) in \(table)")
        }
        let instant = Self.minute(created)
        tables[table]?.append(SimulatedTable.Row(id: id, created: instant, edited: instant, values: [:]))
        owners[id] = table
        for (name, value) in values { set(value, of: name, in: id) }
        return id
    }

    /// Changes a property of a row, as somebody else would.
    public mutating func change(_ page: String, _ name: String, _ value: SimulatedValue?) {
        set(value, of: name, in: page)
    }

    /// Rows that are not in the trash, in the order of their making.
    public func rows(_ table: String) -> [SimulatedTable.Row] { tables[table]?.rows.filter { !$0.inTrash } ?? [] }

    static func identifier(_ kind: Int, _ number: Int) -> String {
        func hexadecimal(_ value: Int, _ width: Int) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        // Scattered, so that the order of ids is not that of making.
        let scattered = (number &* 0x9E3779B1) & 0xFFFF_FFFF
        return "\(hexadecimal(scattered, 8))-00\(hexadecimal(kind, 2))-4000-8000-\(hexadecimal(number, 12))"
    }

    static func minute(_ instant: Timestamp) -> String {
        Timestamp(milliseconds: instant.milliseconds - instant.milliseconds % 60_000).description
    }

    // MARK: - Looking things up

    func table(source id: String) -> SimulatedTable? { tables.values.first { $0.id == id } }

    func table(database id: String) -> SimulatedTable? { tables.values.first { $0.database == id } }

    func table(of page: String) -> SimulatedTable? { owners[page].flatMap { tables[$0] } }

    public func row(_ page: String) -> SimulatedTable.Row? {
        guard let table = table(of: page), let place = table.places[page] else { return nil }
        return table.rows[place]
    }

    // MARK: - Writing

    /// Makes a row of values that were checked.
    mutating func create(in table: String, _ values: [String: SimulatedValue?], at now: Timestamp) -> String {
        let id = addRow(table, [:], created: now)
        update(id, values, at: now)
        return id
    }

    mutating func update(_ page: String, _ values: [String: SimulatedValue?], at now: Timestamp) {
        for (name, value) in values { set(value, of: name, in: page) }
        edit(page) { $0.edited = Self.minute(now) }
    }

    mutating func trash(_ page: String, _ inTrash: Bool) { edit(page) { $0.inTrash = inTrash } }

    private mutating func edit(_ page: String, _ change: (inout SimulatedTable.Row) -> Void) {
        guard let owner = owners[page], let place = tables[owner]?.places[page] else { return }
        change(&tables[owner]!.rows[place])
    }

    private mutating func set(_ value: SimulatedValue?, of name: String, in page: String) {
        guard let table = table(of: page), let property = table.property(name) else { return }
        let before = row(page)?.values[name]
        edit(page) { $0.values[name] = value }
        guard case .relation(_, dual: let dual?) = property.kind else { return }
        let old = Self.pages(before), new = Self.pages(value)
        for other in old where !new.contains(other) {
            edit(other) { row in row.values[dual] = .pages(Self.pages(row.values[dual]).filter { $0 != page }) }
        }
        for other in new where !old.contains(other) {
            edit(other) { row in
                let pages = Self.pages(row.values[dual])
                if !pages.contains(page) { row.values[dual] = .pages(pages + [page]) }
            }
        }
    }

    static func pages(_ value: SimulatedValue?) -> [String] {
        if case .pages(let pages) = value { pages } else { [] }
    }
}
