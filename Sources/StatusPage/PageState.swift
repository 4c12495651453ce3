public import Linux
public import Plots

/// What the page shows. Values only: where they come from is the service's business.
public struct PageState: Sendable {
    public enum Health: String, Sendable, CaseIterable {
        case ok, warn, fail
        /// It was there and publishes no more.
        case silent
    }

    public struct Check: Sendable {
        public var name: String
        public var health: Health
        public var reason: String?

        public init(_ name: String, _ health: Health, reason: String? = nil) {
            self.name = name
            self.health = health
            self.reason = reason
        }
    }

    public struct Service: Sendable {
        public var name: String
        public var health: Health
        /// The status line.
        public var line: String
        public var checks: [Check] = []
        public var uptime: Duration?
        public var memory: Double?
        /// Requests a second over the last hour, one for each minute.
        public var requests: [Double?] = []
        public var restarts = 0

        public init(_ name: String, _ health: Health, _ line: String) {
            self.name = name
            self.health = health
            self.line = line
        }
    }

    public struct AlertRow: Sendable {
        public var name: String
        public var summary: String
        /// "critical" or "warning"
        public var severity: String
        /// "pending" or "firing"
        public var state: String
        public var since: Timestamp
        public var muted: String?

        public init(
            _ name: String, _ summary: String, severity: String, state: String, since: Timestamp, muted: String? = nil
        ) {
            self.name = name
            self.summary = summary
            self.severity = severity
            self.state = state
            self.since = since
            self.muted = muted
        }
    }

    public struct Queue: Sendable {
        public var name: String
        public var ready: Int
        public var running: Int
        /// Jobs that waited, over the last hours.
        public var depth: [Double?] = []
        public var isPaused = false

        public init(_ name: String, ready: Int, running: Int) {
            self.name = name
            self.ready = ready
            self.running = running
        }
    }

    public struct Job: Sendable {
        public var id: String
        public var kind: String
        public var state: String
        public var done: Int
        public var total: Int
        public var since: Timestamp
        /// Why it waits; nil while it runs.
        public var why: String?

        public init(
            id: String, kind: String, state: String, done: Int, total: Int, since: Timestamp, why: String? = nil
        ) {
            self.id = id
            self.kind = kind
            self.state = state
            self.done = done
            self.total = total
            self.since = since
            self.why = why
        }
    }

    public struct Kind: Sendable {
        public var name: String
        public var finished: Int
        public var failed: Int
        /// In seconds.
        public var median: Double?
        public var p95: Double?

        public init(_ name: String, finished: Int, failed: Int, median: Double?, p95: Double?) {
            self.name = name
            self.finished = finished
            self.failed = failed
            self.median = median
            self.p95 = p95
        }
    }

    public struct Resource: Sendable {
        public var name: String
        /// "closed", "open", "half open"; nil without a breaker.
        public var breaker: String?
        /// Tokens left and tokens at most; nil without a bucket.
        public var tokens: (left: Double, most: Double)?
        public var waiting: Int

        public init(_ name: String, breaker: String?, tokens: (left: Double, most: Double)?, waiting: Int) {
            self.name = name
            self.breaker = breaker
            self.tokens = tokens
            self.waiting = waiting
        }
    }

    public struct Schedule: Sendable {
        public var name: String
        public var kind: String
        public var next: Timestamp
        public var zone: String

        public init(_ name: String, kind: String, next: Timestamp, zone: String) {
            self.name = name
            self.kind = kind
            self.next = next
            self.zone = zone
        }
    }

    public var now: Timestamp
    public var services: [Service] = []
    public var alerts: [AlertRow] = []
    public var queues: [Queue] = []
    /// Those of this page of the list, the running ones first.
    public var jobs: [Job] = []
    /// All that are not over.
    public var jobsInAll = 0
    /// From 1.
    public var page = 1
    public var pageSize = 100
    public var kinds: [Kind] = []
    public var resources: [Resource] = []
    public var schedules: [Schedule] = []
    public var plots: [LinePlot] = []

    public init(now: Timestamp) {
        self.now = now
    }

    /// The worst of the services that are there; warn counts as well.
    public var health: Health {
        if services.contains(where: { $0.health == .fail }) { return .fail }
        return services.contains { $0.health != .ok } ? .warn : .ok
    }
}
