/// A rule of recurrence as it is written down, read: its grammar, its normalised form, its runs.
public struct Timetable: Hashable, Sendable {
    public enum Grammar: String, CaseIterable, Hashable, Sendable {
        case onCalendar = "oncalendar"
        case cron
        /// Six fields, the second first.
        case cronWithSeconds = "cron6"
        /// Runs at equal distances, which are counted from an anchor.
        case span = "timespan"
    }

    /// Zones and clock changes, for whoever chooses; what is nil is as the grammar has it.
    public struct Options: Hashable, Sendable {
        /// A value of the variable TZ: an IANA name, a path, a rule; empty is UTC.
        public var zone: String
        public var gap: GapRule?
        public var overlap: OverlapRule?
        public var dialect: CronDialect
        /// From where a span is counted.
        public var anchor: Instant

        public init(
            zone: String = "UTC", gap: GapRule? = nil, overlap: OverlapRule? = nil, dialect: CronDialect = .debian,
            anchor: Instant = .epoch
        ) {
            self.zone = zone
            self.gap = gap
            self.overlap = overlap
            self.dialect = dialect
            self.anchor = anchor
        }
    }

    public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        case expression(ExpressionError)
        case zone(ZoneError)

        public var description: String {
            switch self {
            case .expression(let error): "\(error)"
            case .zone(let error): "\(error)"
            }
        }
    }

    public let grammar: Grammar
    /// What was meant, in one way of writing: "*-*-* 09:00:00 Europe/Berlin", "0 9 * * 1-5", "1h 30min".
    public let normalized: String
    /// The zone whose clocks the runs follow; UTC for spans.
    public let zone: Zone
    /// Nil for a span of nothing or without end, which never runs.
    public let recurrence: Recurrence?
    /// The length of a span.
    public let span: SystemdSpan?

    /// Reads a rule. The zone is looked up only where the expression does not name its own.
    public init(
        _ text: String, _ grammar: Grammar, _ options: Options = Options(), zones: ZoneDatabase = .system
    ) throws(Fault) {
        self.grammar = grammar
        switch grammar {
        case .onCalendar:
            let (expression, recurrence) = try Self.calendar(text, options, zones)
            normalized = expression.description
            self.recurrence = .wall(recurrence)
            zone = recurrence.zone
            span = nil
        case .cron, .cronWithSeconds:
            let zone = try Self.zone(options, zones)
            do {
                let expression = try CronExpression(
                    text, hasSeconds: grammar == .cronWithSeconds, dialect: options.dialect)
                normalized = expression.description
                recurrence = .wall(expression.recurrence(in: zone, gap: options.gap, overlap: options.overlap))
            } catch {
                throw .expression(error)
            }
            self.zone = zone
            span = nil
        case .span:
            let span: SystemdSpan
            do { span = try SystemdSpan(text) } catch { throw .expression(error) }
            normalized = span.description
            recurrence = Interval(span, from: options.anchor).map(Recurrence.interval)
            zone = .utc
            self.span = span
        }
    }

    private static func calendar(
        _ text: String, _ options: Options, _ zones: ZoneDatabase
    ) throws(Fault) -> (OnCalendar, WallRecurrence) {
        var local = Zone.utc
        var missing: Fault?
        do { local = try zone(options, zones) } catch { missing = error }
        let expression: OnCalendar
        do {
            expression = try OnCalendar(text, local: missing == nil ? local : nil)
        } catch {
            throw missing ?? .expression(error)
        }
        if let missing {
            switch expression.zone {
            case .local, .abbreviation: throw missing
            case .utc, .named: break
            }
        }
        do {
            return (
                expression,
                try expression.recurrence(in: local, gap: options.gap, overlap: options.overlap, zones: zones)
            )
        } catch {
            throw .zone(error)
        }
    }

    private static func zone(_ options: Options, _ zones: ZoneDatabase) throws(Fault) -> Zone {
        do { return try zones.zone(forTZ: options.zone) } catch { throw .zone(error) }
    }
}

extension Timetable {
    /// The first runs after the instant, at most `count`.
    public func next(after instant: Instant, count: Int) -> [Instant] {
        recurrence?.runs(after: instant, through: Instant(microseconds: .max), limit: count) ?? []
    }
}
