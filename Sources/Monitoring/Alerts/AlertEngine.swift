public import Linux
public import Telemetry

/// Decides what is wrong, since when, and who has to hear of it now.
///
/// It is a value: time and figures come with ``tick(_:now:wall:)``. Waiting times are measured with the boot clock; what is told
/// bears the wall clock's time. What was told (``told``) is put down by others and taken up again after a restart; other rules
/// take their place with ``put(_:inhibitions:options:now:)``. So whoever was told that an alert fires is told when it is over.
public struct AlertEngine: Sendable {
    public struct Options: Sendable, Hashable {
        /// Alerts with the same values of these labels are told together.
        public var group = ["service"]
        /// How long the first alert of a group waits for others.
        public var wait = Duration.seconds(30)
        /// How long a group that was told waits before it tells of others.
        public var interval = Duration.seconds(300)
        /// Alerts of a rule at once, 1…10,000; the rest is passed over and counted.
        public var limit = 200

        public init() {}
    }

    private struct Entry: Sendable {
        var alert: Alert
        /// How often it is told again.
        var again: Duration
        var since: Duration
        /// When the condition held last.
        var held: Duration
        /// Since when its figures are read, where there were others before, and how long that takes at least until they tell.
        var anew: (since: Duration, least: Duration)?
        /// When it was told last; nil before.
        var told: (boot: Duration, wall: Timestamp)?
    }

    /// Who is told together. Signs of life have groups of their own: one that is told again and again would else make what
    /// shares its labels wait for ``Options/interval``.
    private struct GroupKey: Sendable, Hashable {
        var labels: [String: String]
        var isSignOfLife: Bool
    }

    private struct Group: Sendable {
        var firstNews: Duration?
        var told: Duration?
    }

    public private(set) var rules: [AlertRule]
    public var inhibitions: [Inhibition]
    /// By their numbers, which grow.
    public private(set) var silences: [Silence] = []
    public private(set) var options: Options
    /// Alerts that were passed over since their rule had too many.
    public private(set) var passedOver = 0
    private var readings: Readings
    private var entries: [Alert.Key: Entry] = [:]
    private var groups: [GroupKey: Group] = [:]

    public init(_ rules: [AlertRule], inhibitions: [Inhibition] = [], options: Options = Options()) {
        self.rules = rules
        self.inhibitions = inhibitions
        self.options = options
        readings = Readings(Self.needs(rules))
    }

    private static func needs(_ rules: [AlertRule]) -> [String: Duration] {
        rules.reduce(into: [:]) { $0.merge($1.needs) { max($0, $1) } }
    }

    /// Puts other rules in force. What holds goes on: an alert whose rule is gone is over, one whose rule is another now is judged
    /// by that as soon as its figures are known.
    public mutating func put(
        _ rules: [AlertRule], inhibitions: [Inhibition], options: Options, now: Duration
    ) {
        let before = Dictionary(self.rules.map { ($0.name, $0) }) { $1 }
        let after = Dictionary(rules.map { ($0.name, $0) }) { $1 }
        (self.rules, self.inhibitions, self.options) = (rules, inhibitions, options)
        readings = Readings(Self.needs(rules), after: readings)
        for (key, entry) in entries where after[key.rule] != before[key.rule] || after[key.rule] == nil {
            if entry.alert.state == .pending, entry.told == nil {
                entries[key] = nil
            } else if after[key.rule] != nil {
                entries[key]?.anew = (now, .zero)
            } else {
                entries[key]?.alert.state = .resolved
            }
        }
    }

    /// What has to be known again after a restart. Signs of life are not among it: the first one of a run is news.
    public var told: [ToldAlert] {
        entries.values.compactMap { entry in
            guard entry.alert.severity != .none, let told = entry.told else { return nil }
            return ToldAlert(alert: entry.alert, told: told.wall)
        }
    }

    /// Takes up what was told before a restart: each fires until it is known that its condition does not hold. What has no rule
    /// any more is over.
    ///
    /// - Parameter settling: how long it takes at least until figures are what they would be without the restart.
    public mutating func takeUp(_ told: [ToldAlert], now: Duration, wall: Timestamp, settling: Duration) {
        let rules = Dictionary(rules.map { ($0.name, $0) }) { $1 }
        for one in told where entries[one.alert.key] == nil {
            let rule = rules[one.alert.key.rule]
            var entry = Entry(
                alert: one.alert, again: rule?.again ?? .zero, since: now, held: now, anew: (now, settling))
            entry.told = (now - max(.zero, wall - one.told), one.told)
            entry.alert.state = rule == nil ? .resolved : .firing
            entries[one.alert.key] = entry
        }
    }

    /// Those that hold now, the most severe first.
    public var alerts: [Alert] {
        entries.values.map(\.alert).sorted { one, other in
            (Self.order(one), one.key.rule, one.key.labels.description)
                < (Self.order(other), other.key.rule, other.key.labels.description)
        }
    }

    private static func order(_ alert: Alert) -> Int {
        let severities = AlertRule.Severity.allCases.count
        return (alert.state == .firing ? 0 : severities)
            + (AlertRule.Severity.allCases.firstIndex(of: alert.severity) ?? severities)
    }

    /// Adds a silence, or puts another in the place of that with the same number.
    public mutating func silence(_ silence: Silence) {
        let place = place(ofSilence: silence.id)
        if place < silences.count, silences[place].id == silence.id {
            silences[place] = silence
        } else {
            silences.insert(silence, at: place)
        }
    }

    /// Ends a silence; whether there was one.
    public mutating func endSilence(_ id: Int64) -> Bool {
        let place = place(ofSilence: id)
        guard place < silences.count, silences[place].id == id else { return false }
        silences.remove(at: place)
        return true
    }

    /// Where the silence with the number is, or would be.
    private func place(ofSilence id: Int64) -> Int {
        var (from, to) = (0, silences.count)
        while from < to {
            let middle = (from + to) / 2
            if silences[middle].id < id { from = middle + 1 } else { to = middle }
        }
        return from
    }

    /// Looks at the figures and says what has to be told now.
    public mutating func tick(_ families: [FamilySnapshot], now: Duration, wall: WallReading) -> [AlertNotice] {
        readings.add(families, now: now, wall: wall.said)
        // One that is over by a clock that is doubted mutes nothing, and is there again should the clock be set right.
        silences.removeAll { wall.earliest >= $0.until }
        for rule in rules { judge(rule, now: now, wall: wall.said) }
        mute(wall: wall.said)
        return notify(now: now, wall: wall.said)
    }

    /// What an expression comes to as of the last tick; nil for one that looks further back, or at other families, than the
    /// rules do.
    public func evaluate(_ expression: Expression) -> [[String: String]: Double]? {
        let known = Self.needs(rules)
        guard expression.needs.allSatisfy({ name, window in known[name].map { window <= $0 } ?? false }) else {
            return nil
        }
        return readings.evaluate(expression)
    }

    // MARK: - States

    private mutating func judge(_ rule: AlertRule, now: Duration, wall: Timestamp) {
        let all = readings.evaluate(rule.value)
        var values = all.filter { rule.condition.holds($0.value) }
        if let evidence = rule.evidence, !values.isEmpty {
            let counts = readings.evaluate(evidence.count)
            values = values.filter { labels, _ in
                counts[labels].map { $0 >= evidence.least } ?? false
                    || entries[rule.key(labels)]?.alert.state == .firing
            }
        }
        var held: Set<Alert.Key> = []
        let there = entries.keys.count { $0.rule == rule.name }
        var room = max(0, options.limit - there)
        for (labels, value) in values.sorted(by: { $0.key.description < $1.key.description }) {
            let key = rule.key(labels)
            if entries[key] == nil || entries[key]?.alert.state == .resolved {
                guard entries[key] != nil || room > 0 else {
                    passedOver += 1
                    continue
                }
                if entries[key] == nil { room -= 1 }
                let told = entries[key]?.told
                entries[key] = Entry(
                    alert: Alert(
                        key: key, severity: rule.severity, summary: "", state: .pending, value: value, since: wall),
                    again: rule.again, since: now, held: now, told: told)
            }
            held.insert(key)
            entries[key]?.held = now
            entries[key]?.again = rule.again
            entries[key]?.alert.severity = rule.severity
            entries[key]?.alert.value = value
            entries[key]?.alert.summary = rule.text(key.labels, value: value)
            guard let entry = entries[key], entry.alert.state == .pending, now - entry.since >= rule.holds else {
                continue
            }
            entries[key]?.alert.state = .firing
            entries[key]?.alert.fired = wall
        }
        /// Whether a condition that does not hold may be one that is not known yet.
        func isUnsettled(_ key: Alert.Key, _ entry: Entry) -> Bool {
            guard let anew = entry.anew else { return false }
            let settling = rule.settling(hasValue: all.keys.contains { rule.key($0) == key })
            return now < anew.since + max(anew.least, settling)
        }
        for (key, entry) in entries where key.rule == rule.name && !held.contains(key) {
            switch entry.alert.state {
            case .pending where entry.told == nil: entries[key] = nil
            // It was over and began again before anybody was told.
            case .pending: entries[key]?.alert.state = .resolved
            case .firing where now - entry.held >= rule.keepFiring && !isUnsettled(key, entry):
                entries[key]?.alert.state = .resolved
            case .firing, .resolved: break
            }
        }
    }

    /// The end of what was told is never muted: whoever heard of it would else wait for it, and act on it, for ever.
    private mutating func mute(wall: Timestamp) {
        let firing = entries.values.filter { $0.alert.state == .firing }.map(\.alert.key)
        for (key, entry) in entries {
            let isOwed = entry.alert.state == .resolved && entry.told != nil
            let reason = isOwed ? nil : reason(key, firing: firing, wall: wall)
            entries[key]?.alert.muted = reason
        }
    }

    private func reason(_ key: Alert.Key, firing: [Alert.Key], wall: Timestamp) -> String? {
        if let silence = silences.first(where: { $0.covers(key, now: wall) }) { return "silence \(silence.id)" }
        for inhibition in inhibitions where inhibition.targets.contains(key.rule) {
            let source = firing.first { other in
                other != key && other.rule == inhibition.source
                    && inhibition.same.allSatisfy { other.labels[$0] == key.labels[$0] }
            }
            if let source { return "alert \(source.rule)" }
        }
        return nil
    }

    // MARK: - Telling

    private mutating func notify(now: Duration, wall: Timestamp) -> [AlertNotice] {
        var members: [GroupKey: [Entry]] = [:]
        for entry in entries.values where entry.alert.state != .pending {
            let labels = entry.alert.key.labels.filter { options.group.contains($0.key) }
            members[GroupKey(labels: labels, isSignOfLife: entry.alert.severity == .none), default: []].append(entry)
        }
        groups = groups.filter { members[$0.key] != nil }
        var notifications: [AlertNotice] = []
        for (group, entries) in members.sorted(by: { Self.order($0.key) < Self.order($1.key) }) {
            if let notification = tell(group, entries, now: now, wall: wall) { notifications.append(notification) }
        }
        // What is over, and was told so or never told of, is forgotten.
        entries = entries.filter { _, entry in entry.alert.state != .resolved || entry.told != nil }
        return notifications
    }

    /// By labels, with the sign of life last.
    private static func order(_ group: GroupKey) -> (String, Int) {
        (group.labels.description, group.isSignOfLife ? 1 : 0)
    }

    private mutating func tell(
        _ group: GroupKey, _ members: [Entry], now: Duration, wall: Timestamp
    ) -> AlertNotice? {
        let heard = members.filter { $0.alert.muted == nil }
        let news = heard.contains { entry in
            switch entry.alert.state {
            case .firing: entry.told.map { now - $0.boot >= entry.again } ?? true
            case .resolved: entry.told != nil
            case .pending: false
            }
        }
        guard news else {
            groups[group]?.firstNews = nil
            return nil
        }
        var state = groups[group] ?? Group()
        let first = state.firstNews ?? now
        state.firstNews = first
        let due = max(
            first + (state.told == nil ? options.wait : .zero), state.told.map { $0 + options.interval } ?? first)
        // A sign of life that waits is none.
        guard now >= due || group.isSignOfLife else {
            groups[group] = state
            return nil
        }
        groups[group] = Group(firstNews: nil, told: now)
        var notification = AlertNotice(group: group.labels, firing: [], resolved: [])
        for entry in heard {
            switch entry.alert.state {
            case .firing:
                notification.firing.append(entry.alert)
                entries[entry.alert.key]?.told = (now, wall)
            case .resolved where entry.told != nil:
                notification.resolved.append(entry.alert)
                entries[entry.alert.key]?.told = nil
            default: break
            }
        }
        notification.firing.sort { ($0.key.rule, $0.key.labels.description) < ($1.key.rule, $1.key.labels.description) }
        notification.resolved.sort {
            ($0.key.rule, $0.key.labels.description) < ($1.key.rule, $1.key.labels.description)
        }
        return notification
    }
}
