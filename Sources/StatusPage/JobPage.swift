public import Linux

/// What is known of one job.
public struct JobPage: Sendable {
    public struct Item: Sendable {
        public var key: String
        public var state: String
        public var attempts: Int
        public var cause: String?

        public init(key: String, state: String, attempts: Int, cause: String? = nil) {
            self.key = key
            self.state = state
            self.attempts = attempts
            self.cause = cause
        }
    }

    public struct Attempt: Sendable {
        public var item: String
        public var worker: String
        public var started: Timestamp
        public var ended: Timestamp?
        public var outcome: String

        public init(item: String, worker: String, started: Timestamp, ended: Timestamp?, outcome: String) {
            self.item = item
            self.worker = worker
            self.started = started
            self.ended = ended
            self.outcome = outcome
        }
    }

    public struct LogLine: Sendable {
        public var time: Timestamp
        public var service: String
        public var level: String
        public var text: String

        public init(time: Timestamp, service: String, level: String, text: String) {
            self.time = time
            self.service = service
            self.level = level
            self.text = text
        }
    }

    public var now: Timestamp
    public var job: PageState.Job
    public var correlation: String
    public var queue: String
    public var items: [Item] = []
    public var itemsInAll = 0
    public var attempts: [Attempt] = []
    public var log: [LogLine] = []

    public init(now: Timestamp, job: PageState.Job, correlation: String, queue: String) {
        self.now = now
        self.job = job
        self.correlation = correlation
        self.queue = queue
    }
}
