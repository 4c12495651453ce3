import Calendars
import JSONCodec
import Linux
import MillraceStore

/// Clinics: who they are and how they work.
extension SQLiteBooks {
    /// - Throws: ``ClinicError/noClinic(_:)``.
    public func clinic(_ id: ClinicID) async throws -> Clinic {
        guard let clinic = try await clinics().first(where: { $0.id == id }) else { throw ClinicError.noClinic(id) }
        return clinic
    }

    /// All of them, by id.
    public func clinics() async throws -> [Clinic] {
        try await database.read { connection in
            try connection.query("SELECT id, url, credential, zone, access FROM clinic ORDER BY id") { row in
                try Clinic(id: row.id(0), row, from: 1)
            }
        }
    }

    /// Adds a clinic, with lunch as its blocked period, or gives one that is there another calendar; its configuration stays.
    /// - Returns: whether it is new.
    @discardableResult
    public func put(_ clinic: Clinic) async throws -> Bool {
        try await database.write { connection in
            let isNew =
                try connection.first("SELECT 1 FROM clinic WHERE id = ?1", .text(clinic.id.text), row: { _ in true })
                == nil
            try connection.run(
                """
                INSERT INTO clinic (id, url, credential, zone, access) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (id) DO UPDATE SET url = excluded.url, credential = excluded.credential,
                    zone = coalesce(excluded.zone, zone), access = excluded.access
                """,
                .text(clinic.id.text), SQLValue(clinic.url), SQLValue(clinic.credential), SQLValue(clinic.zone),
                .text(clinic.access.rawValue))
            if isNew { try Self.put(.lunch, of: clinic.id, connection) }
            return isNew
        }
    }

    /// The day that somebody means at a clinic: the one he says, else what its clocks show.
    /// - Throws: ``ClinicError/noClinic(_:)``, ``ClinicError/zone(_:_:)``.
    public func day(_ said: Day?, at id: ClinicID, now: Timestamp) async throws -> Day {
        let clinic = try await clinic(id)
        if let said { return said }
        let config = try await config(of: id) ?? ScheduleConfig()
        do {
            return try ZoneDatabase.system.zone(named: clinic.zone ?? config.zone).today(at: now)
        } catch {
            throw ClinicError.zone(id, error)
        }
    }

    public func config(of clinic: ClinicID) async throws -> ScheduleConfig? {
        try await database.read { try Self.config(of: clinic, $0) }
    }

    /// Changes how a clinic works; a calendar changes no more than its capacity from then on, and not one of its own. Slots that
    /// are no more made are not offered at once, new ones are made by the next sync.
    /// - Throws: ``ClinicError/noClinic(_:)``; ``ClinicError/setting(_:_:)``; ``ClinicError/notConfigured(_:)``;
    ///   ``ClinicError/hours(_:_:_:)``.
    @discardableResult
    public func change(_ clinic: ClinicID, _ change: ScheduleChange) async throws -> ScheduleConfig {
        _ = try await self.clinic(clinic)
        if let fault = change.fault { throw ClinicError.setting(clinic, fault) }
        return try await database.write { connection in
            guard var config = try Self.config(of: clinic, connection) else { throw ClinicError.notConfigured(clinic) }
            change.apply(to: &config)
            guard config.open < config.close else { throw ClinicError.hours(clinic, config.open, config.close) }
            if !change.isNothing { try Self.put(config, snapshot: nil, of: clinic, connection) }
            return config
        }
    }

    /// Takes over what the calendar says: all of it for a clinic without configuration, capacity and snapshot for one
    /// that has. Nothing is written when nothing changes.
    func configure(_ clinic: Clinic, _ remote: RemoteConfiguration?) async throws -> ScheduleConfig {
        try await database.write { connection in
            guard var config = try Self.config(of: clinic.id, connection) else {
                var config = remote.map { ScheduleConfig($0) } ?? ScheduleConfig()
                if let zone = clinic.zone { config.zone = zone }
                try Self.put(config, snapshot: remote?.snapshot, of: clinic.id, connection)
                return config
            }
            guard let remote else { return config }
            config.capacity = config.ownCapacity ?? ScheduleConfig.capacity(remote)
            let isSame = try connection.first(
                "SELECT 1 FROM clinic_config WHERE clinic = ?1 AND capacity = ?2 AND snapshot IS ?3",
                .text(clinic.id.text), SQLValue(config.capacity), .text(remote.snapshot), row: { _ in true })
            guard isSame == nil else { return config }
            try connection.run(
                "UPDATE clinic_config SET capacity = ?2, snapshot = ?3 WHERE clinic = ?1",
                .text(clinic.id.text), SQLValue(config.capacity), .text(remote.snapshot))
            return config
        }
    }

    /// The active ones, by their start.
    public func blockedPeriods(of clinic: ClinicID) async throws -> [BlockedPeriod] {
        try await database.read { try Self.blockedPeriods(of: clinic, $0) }
    }

    /// Blocks a time; one of the same name is replaced.
    /// - Throws: ``ClinicError/noClinic(_:)``; ``ClinicError/setting(_:_:)``.
    public func put(_ period: BlockedPeriod, of clinic: ClinicID) async throws {
        _ = try await self.clinic(clinic)
        if let fault = period.fault { throw ClinicError.setting(clinic, fault) }
        try await database.write { try Self.put(period, of: clinic, $0) }
    }

    /// Blocks a time no more.
    /// - Throws: ``ClinicError/noClinic(_:)``; ``ClinicError/noPeriod(_:_:there:)``.
    public func unblock(_ name: String, of clinic: ClinicID) async throws {
        _ = try await self.clinic(clinic)
        try await database.write { connection in
            let changed = try connection.run(
                "UPDATE clinic_blocked_period SET active = 0 WHERE clinic = ?1 AND name = ?2 AND active = 1",
                .text(clinic.text), .text(name))
            guard changed > 0 else {
                let there = try Self.blockedPeriods(of: clinic, connection).map(\.name)
                throw ClinicError.noPeriod(clinic, name, there: there)
            }
        }
    }

    private static func put(_ period: BlockedPeriod, of clinic: ClinicID, _ connection: Connection) throws {
        try connection.run(
            """
            INSERT INTO clinic_blocked_period (clinic, name, start_time, end_time, days, active)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (clinic, name) DO UPDATE SET start_time = excluded.start_time, end_time = excluded.end_time,
                days = excluded.days, active = excluded.active
            """,
            .text(clinic.text), .text(period.name), .text(period.start.description), .text(period.end.description),
            SQLValue(period.days.bits), SQLValue(period.isActive))
    }

    static func blockedPeriods(of clinic: ClinicID, _ connection: Connection) throws -> [BlockedPeriod] {
        try connection.query(
            """
            SELECT name, start_time, end_time, days FROM clinic_blocked_period
            WHERE clinic = ?1 AND active = 1 ORDER BY start_time, name
            """, .text(clinic.text)
        ) { row in
            BlockedPeriod(
                name: row.text(0), start: try row.clock(1, "start_time", of: "clinic_blocked_period", clinic.text),
                end: try row.clock(2, "end_time", of: "clinic_blocked_period", clinic.text),
                days: Weekdays(bits: Int(row.int(3)) & 127))
        }
    }

    private static func put(
        _ config: ScheduleConfig, snapshot: String?, of clinic: ClinicID, _ connection: Connection
    ) throws {
        try connection.run(
            """
            INSERT INTO clinic_config (clinic, open_time, close_time, days, slot_minutes, capacity, horizon_days,
                stale_minutes, zone, snapshot, own_capacity)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            ON CONFLICT (clinic) DO UPDATE SET open_time = excluded.open_time, close_time = excluded.close_time,
                days = excluded.days, slot_minutes = excluded.slot_minutes, capacity = excluded.capacity,
                horizon_days = excluded.horizon_days, stale_minutes = excluded.stale_minutes, zone = excluded.zone,
                snapshot = coalesce(excluded.snapshot, snapshot), own_capacity = excluded.own_capacity
            """,
            .text(clinic.text), .text(config.open.description), .text(config.close.description),
            SQLValue(config.days.bits), SQLValue(config.slotMinutes), SQLValue(config.capacity),
            SQLValue(config.horizonDays), SQLValue(config.staleMinutes), .text(config.zone), SQLValue(snapshot),
            SQLValue(config.ownCapacity))
    }

    static func config(of clinic: ClinicID, _ connection: Connection) throws -> ScheduleConfig? {
        try connection.first(
            """
            SELECT open_time, close_time, days, slot_minutes, capacity, horizon_days, stale_minutes, zone, own_capacity
            FROM clinic_config WHERE clinic = ?1
            """, .text(clinic.text)
        ) { row in
            var config = ScheduleConfig()
            config.open = try row.clock(0, "open_time", of: "clinic_config", clinic.text)
            config.close = try row.clock(1, "close_time", of: "clinic_config", clinic.text)
            config.days = Weekdays(bits: Int(row.int(2)) & 127)
            config.slotMinutes = Int(row.int(3))
            config.capacity = Int(row.int(4))
            config.horizonDays = Int(row.int(5))
            config.staleMinutes = Int(row.int(6))
            config.zone = row.text(7)
            config.ownCapacity = row.intOrNil(8).map { Int($0) }
            return config
        }
    }
}

extension Clinic {
    /// From `url, credential, zone, access`.
    init(id: ClinicID, _ row: Row, from column: Int) throws {
        guard let access = Access(rawValue: row.text(column + 3)) else {
            throw BooksError.damaged(table: "clinic", id: id.text, column: "access")
        }
        self.init(
            id: id, url: row.textOrNil(column), credential: row.textOrNil(column + 1),
            zone: row.textOrNil(column + 2), access: access)
    }
}

extension Row {
    func clock(_ column: Int, _ name: String, of table: String, _ id: String) throws -> ClockTime {
        guard let time = ClockTime(text(column)) else {
            throw BooksError.damaged(table: table, id: id, column: name)
        }
        return time
    }

    func day(_ column: Int, _ name: String, of table: String, _ id: String) throws -> Day {
        guard let day = Day(text(column)) else { throw BooksError.damaged(table: table, id: id, column: name) }
        return day
    }
}
