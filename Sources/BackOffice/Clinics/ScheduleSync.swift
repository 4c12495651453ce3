import Calendars
import Linux
import Resilience

/// A clinic's calendar behind a session that is open.
public protocol CalendarSession: Sendable {
    /// What the calendar says of its clinic.
    func configuration() async throws -> RemoteConfiguration

    /// The appointments of a date, from its midnight to the next; times are those of `zone`.
    /// - Throws: when they could not be read, all of them; nothing is known of the date then.
    func appointments(on date: Day, zone: Zone) async throws -> [RemoteAppointment]
}

/// Mirrors a clinic's calendar into the books.
///
/// The four functions of the workload, without the runner: plan → preload → process, for each date → summarize. A run
/// may be repeated, whole or in part, and may overlap with another of the clinic. A date whose calendar or rows could not
/// be read fails, and nothing of it is deleted.
public struct ScheduleSync: Sendable {
    public let books: SQLiteBooks
    public let settings: ScheduleSyncSettings
    let time: any TimeSource
    let zones: ZoneDatabase
    /// SHA-256 in hexadecimal.
    let hash: @Sendable ([UInt8]) -> String

    public init(
        books: SQLiteBooks, settings: ScheduleSyncSettings = ScheduleSyncSettings(),
        time: any TimeSource = SystemTime(), zones: ZoneDatabase = .system,
        hash: @escaping @Sendable ([UInt8]) -> String
    ) {
        self.books = books
        self.settings = settings
        self.time = time
        self.zones = zones
        self.hash = hash
    }

    public struct Plan: Sendable {
        public var dates: [Day]
        /// Side by side.
        public var width: Int
    }

    /// What a run read before its first date.
    public struct Context: Sendable {
        public var clinic: ClinicID
        var config: ScheduleConfig
        var zone: Zone
        /// On the boot clock: when this process took the sync up.
        var began: Duration
        /// By date and start.
        var slots: [Day: [ClockTime: Int64]]
        /// By date; nil when they could not be read together: then each date reads its own.
        var known: [Day: [KnownAppointment]]?
    }

    /// What became of a date.
    public struct DateOutcome: Hashable, Sendable {
        public var added = 0
        public var updated = 0
        public var unchanged = 0
        public var passedOver = 0
        /// The number of its reading, taken before the calendar was asked.
        public var reading: Int64 = 0
        /// The number of the clinic's last reading when the answer was there; only where something is absent.
        public var noticed: Int64 = 0
        /// Rows the calendar no longer has on this date, as they were.
        public var absent: [KnownAppointment] = []

        public init() {}
    }

    // MARK: - Plan

    /// Brings configuration and slots up to date, opens the sync's row and names the dates.
    ///
    /// - Parameter id: the same whenever the run is taken up again.
    /// - Throws: ``ClinicError``; what the session throws when there is none; an error of the books.
    public func plan(
        _ parameters: ScheduleSyncParameters, id: String, session: any CalendarSession, _ log: RunLog = .silent
    ) async throws -> Plan {
        let clinic = try await books.clinic(parameters.clinic)
        try await checkPlace(clinic.id, id)
        let remote = await configuration(session, log)
        try Task.checkCancellation()
        let config = try await books.configure(clinic, remote)
        let zone = try zone(clinic, config)
        let first = parameters.from ?? zone.today(at: time.wall())
        guard let last = first.adding(parameters.daysAhead) else {
            throw ClinicError.range(first, days: parameters.daysAhead)
        }
        let now = time.wall()
        let blocked = try await books.blockedPeriods(of: clinic.id)
        let dates = (0...parameters.daysAhead).compactMap { first.adding($0) }
        try await books.openSync(
            SyncRow(id: id, clinic: clinic.id, start: first, end: last, dates: dates.count, startedAt: now),
            snapshot: remote?.snapshot)
        var wanted: [Day: [SlotTime]] = [:]
        for date in dates { wanted[date] = config.slots(on: date, blocked: blocked) }
        let slots = try await SQLiteBooks.retried(time) {
            try await books.putSlots(wanted, capacity: config.capacity, of: clinic.id, sync: id, at: now)
        }
        if let fault = slots.fault { log(.warning, "slots were not written, going on", ["error": "\(fault)"]) }
        try await books.noteSlots(sync: id, created: slots.created, updated: slots.updated)
        log(
            .info, "sync of a schedule starts",
            [
                "dates": "\(dates.count)", "from": "\(first)", "to": "\(last)", "slots-created": "\(slots.created)",
                "slots-updated": "\(slots.updated)", "workers": "\(settings.dates)",
            ])
        return Plan(dates: dates, width: settings.dates)
    }

    /// A place is taken by a sync that has not ended and is not stale.
    private func checkPlace(_ clinic: ClinicID, _ id: String) async throws {
        let now = time.wall()
        let running = try await books.runningSyncs(
            of: clinic, besides: id, now: now, stale: ScheduleSyncSettings.stale)
        guard running < settings.syncs else { throw ClinicError.busy(clinic, running: running) }
    }

    private func configuration(_ session: any CalendarSession, _ log: RunLog) async -> RemoteConfiguration? {
        do {
            let remote = try await session.configuration()
            if !remote.unread.isEmpty {
                log(
                    .warning, "the calendar's configuration does not read in part, going on without that",
                    ["fields": remote.unread.joined(separator: ",")])
            }
            return remote
        } catch {
            log(.warning, "the calendar's configuration was not read, going on without", ["error": "\(error)"])
            return nil
        }
    }

    private func zone(_ clinic: Clinic, _ config: ScheduleConfig) throws(ClinicError) -> Zone {
        do {
            return try zones.zone(named: clinic.zone ?? config.zone)
        } catch {
            throw .zone(clinic.id, error)
        }
    }

    // MARK: - Preload

    /// Reads what the dates need: slots and rows, each with one statement.
    public func preload(
        _ parameters: ScheduleSyncParameters, id: String, dates: [Day], _ log: RunLog = .silent
    ) async throws -> Context {
        let clinic = try await books.clinic(parameters.clinic)
        let row = try await books.reopenSync(id, at: time.wall())
        let config = try await books.config(of: clinic.id) ?? ScheduleConfig()
        var context = Context(
            clinic: clinic.id, config: config, zone: try zone(clinic, config), began: time.boot(),
            slots: try await books.slotRows(of: clinic.id, from: row.start, to: row.end), known: nil)
        do {
            let known = try await books.knownAppointments(of: clinic.id, from: row.start, to: row.end)
            context.known = Dictionary(grouping: known, by: \.date)
        } catch {
            try Task.checkCancellation()
            log(.warning, "rows were not read together, each date reads its own", ["error": "\(error)"])
        }
        log(
            .debug, "everything is read",
            ["slots": "\(context.slots.values.reduce(0) { $0 + $1.count })", "dates": "\(dates.count)"])
        return context
    }

    // MARK: - Process

    /// Makes the rows of a date say what the calendar says; only what is gone waits for
    /// ``summarize(_:_:id:cancelled:again:_:)``.
    ///
    /// - Throws: what made the date fail; nothing of it was deleted.
    public func process(
        _ date: Day, _ context: Context, id: String, session: any CalendarSession, _ log: RunLog = .silent
    ) async throws -> DateOutcome {
        do {
            let outcome = try await reconcile(date, context, id: id, session: session, log)
            try await books.noteDate(date, of: id)
            return outcome
        } catch {
            if !(error is CancellationError), !Task.isCancelled { try? await books.noteDate(date, of: id) }
            throw error
        }
    }

    /// How much of the time of a sync is left. A sync that is taken up again has all of it: what counts is how long it works.
    public func timeLeft(_ context: Context) throws(ClinicError) -> Duration {
        let left = settings.timeout - (time.boot() - context.began)
        guard left > .zero else { throw .timedOut(context.clinic, settings.timeout) }
        return left
    }

    private func reconcile(
        _ date: Day, _ context: Context, id: String, session: any CalendarSession, _ log: RunLog
    ) async throws -> DateOutcome {
        let reading = try await SQLiteBooks.retried(time) { try await books.beginReading(of: id) }
        let asOf = time.wall()
        let incoming = try await session.appointments(on: date, zone: context.zone)
            .map { Reconciliation.Incoming($0, hash: hash($0.fields.hashed)) }
        var known: [KnownAppointment]
        if let read = context.known {
            known = read[date] ?? []
        } else {
            known = try await books.knownAppointments(of: context.clinic, from: date, to: date)
        }
        // A row of a date that is not this one comes up only when an appointment has moved.
        let strangers = Set(incoming.map(\.appointment.id)).subtracting(known.filter(\.isLive).map(\.remoteID))
        if !strangers.isEmpty {
            known += try await books.liveAppointments(of: context.clinic, ids: strangers.sorted(), besides: date)
        }
        let plan = Reconciliation(date, known: known, incoming: incoming)
        let noticed = plan.absent.isEmpty ? 0 : try await books.lastReading(of: context.clinic)
        let result = try await books.carryOut(
            plan, date: date, of: context.clinic, sync: id, reading: reading, asOf: asOf,
            time: time, slot: { context.config.slot(for: $0, among: context.slots[date] ?? [:]) })
        var outcome = DateOutcome()
        outcome.added = result.added
        outcome.updated = result.updated
        outcome.unchanged = plan.unchanged
        outcome.passedOver = plan.passedOver
        outcome.reading = reading
        outcome.noticed = noticed
        outcome.absent = plan.absent
        log(
            .debug, "a date is read",
            [
                "date": "\(date)", "added": "\(result.added)", "updated": "\(result.updated)",
                "moved": "\(plan.moves.count)", "unchanged": "\(plan.unchanged)", "absent": "\(plan.absent.count)",
                "passed-over": "\(plan.passedOver)",
            ])
        if let fault = result.fault {
            log(.error, "rows of a date were not written", ["date": "\(date)", "error": "\(fault)"])
            throw ClinicError.notWritten(date, batches: result.failedBatches, "\(fault.forPeople)")
        }
        return outcome
    }

    /// Reads dates once more, side by side, for at most half of the time that is left; what became of those that were read.
    private func readAgain(
        _ dates: [Day], _ context: Context, id: String, session: any CalendarSession, _ log: RunLog
    ) async -> [Day: DateOutcome] {
        var context = context
        // What was read before the first reading is old by now.
        context.known = nil
        let readings = Locked<[Day: DateOutcome]>([:])
        log(.info, "something is absent, dates that were read before that are read again", ["dates": "\(dates.count)"])
        do {
            let patience = try timeLeft(context) / 2
            try await withDeadline(Deadline(after: patience, time: time), time: time) { [context] in
                _ = try await SideBySide.map(dates, atOnce: settings.dates) { date in
                    do {
                        let outcome = try await reconcile(date, context, id: id, session: session, log)
                        readings.withLock { $0[date] = outcome }
                    } catch {
                        try Task.checkCancellation()
                        log(.warning, "a date was not read again", ["date": "\(date)", "error": "\(error)"])
                    }
                }
            }
        } catch {
            log(.warning, "not all dates were read again in time", ["error": "\(error)"])
        }
        return readings.withLock { $0 }
    }

    // MARK: - Summarize

    /// Deletes what is gone, counts all slots of the range, resolves conflicts and closes the sync's row: one
    /// transaction. A run that was interrupted deletes nothing.
    ///
    /// - Parameter again: with what dates can be read once more, where an ``Absences`` asks for it; without it such an absence
    ///   waits for the next sync.
    public func summarize(
        _ outcomes: [(Day, Result<DateOutcome, any Error>)], _ parameters: ScheduleSyncParameters, id: String,
        cancelled: Bool, again: (context: Context, session: any CalendarSession)?, _ log: RunLog = .silent
    ) async throws -> ScheduleSyncResult {
        var failed: [FailedDate] = []
        var first: [Day: DateOutcome] = [:]
        for (date, outcome) in outcomes {
            switch outcome {
            case .success(let outcome): first[date] = outcome
            case .failure(let error): failed.append(FailedDate(date: date, message: "\(error)"))
            }
        }
        // What was found on another date has moved.
        let standing = try await books.standing(first.values.flatMap(\.absent))
        for date in first.keys { first[date]?.absent.removeAll { !standing.contains($0.row) } }
        var second: [Day: DateOutcome] = [:]
        let doubtful = cancelled ? [] : Absences.doubtful(first)
        if let again, !doubtful.isEmpty {
            second = await readAgain(doubtful, again.context, id: id, session: again.session, log)
        }
        let absences = Absences(first, again: second)
        if !absences.missing.isEmpty {
            log(.warning, "what may have moved is left to the next sync", ["appointments": "\(absences.missing.count)"])
        }
        let now = time.wall()
        var ends = SyncEnd(at: now)
        for outcome in [first, second].flatMap(\.values) {
            ends.added += outcome.added
            ends.updated += outcome.updated
        }
        ends.absent = absences.gone
        ends.missing = absences.missing
        ends.failed = failed
        ends.dates = outcomes.count
        if cancelled || Task.isCancelled {
            ends.error = "it was cancelled, or ran out of time"
        } else if failed.count == outcomes.count, let first = failed.first {
            ends.error = "no date came through: \(first.message)"
        }
        let ending = ends
        // Whoever gives up now finds the row closed all the same.
        let (row, stats) = try await Task { [books, time] in
            try await SQLiteBooks.retried(time) { try await books.closeSync(id, ending) }
        }.value
        let config = try await books.config(of: parameters.clinic) ?? ScheduleConfig()
        let result = ScheduleSyncResult(
            sync: id, clinic: parameters.clinic, stats: stats, start: row.start, end: row.end, syncedAt: now,
            staleMinutes: config.staleMinutes, failed: failed, dates: outcomes.count,
            duration: max(.zero, now - row.startedAt))
        log(
            .info, "sync of a schedule is complete",
            [
                "added": "\(stats.appointmentsAdded)", "updated": "\(stats.appointmentsUpdated)",
                "removed": "\(stats.appointmentsRemoved)", "failed-dates": "\(failed.count)",
                "conflicts": "\(stats.conflictsDetected)", "duration-ms": "\(result.duration.milliseconds)",
            ])
        return result
    }

    /// Closes the row of a sync that came to no summary. It heeds no cancellation, being what comes after one.
    public func abandon(id: String, because reason: String) async {
        let now = time.wall()
        await Task { [books] in try? await books.failSync(id, reason, at: now) }.value
    }
}
