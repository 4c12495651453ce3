/// What is killed, when, and how often.
struct CrashPlan: Sendable, CustomStringConvertible {
    enum Way: Sendable {
        /// At a random moment of a life of at most so many milliseconds.
        case random(longest: Int)
        /// As a thread of the runner enters its n-th system call of that name, n = 1, 2, …, under load.
        case call(String)
        /// Likewise, counted from the moment that it was told to stop or to read its settings again.
        case callAfter(String, signal: Int32)
        /// As the first start of all, or the first after an upgrade, enters its n-th such call: no load yet.
        case firstStart(String, upgrade: Bool)
        /// The runner, its group, its pool and every outside worker at one moment.
        case everything
        /// A process that holds at least one item.
        case outside
        case pooled(processes: Int)
        case command
    }

    var what: String
    var point: String
    var way: Way
    var kills: Int

    var description: String { "\(what), \(point)" }

    private init(_ what: String, _ point: String, _ way: Way, _ kills: Int) {
        self.what = what
        self.point = point
        self.way = way
        self.kills = kills
    }

    private static let stop: Int32 = 15
    private static let reload: Int32 = 1

    /// - Parameter share: of the numbers of the whole table, in percent; 0 is a look at each.
    static func all(share: Int) -> [CrashPlan] {
        func some(_ kills: Int, _ few: Int) -> Int { share == 0 ? few : max(few, kills * share / 100) }
        return [
            .init("runner", "at random, from exec on", .random(longest: 250), some(400, 8)),
            .init("runner", "before the n-th write to its files", .call("pwrite64"), some(200, 4)),
            .init("runner", "written and not synced, the n-th fdatasync", .call("fdatasync"), some(150, 3)),
            .init(
                "runner", "committed and not told, the n-th answer or lease sent", .call("sendto"), some(200, 4)),
            .init("runner", "told and not read, the n-th read", .call("read"), some(100, 2)),
            .init("runner", "the n-th lock of the database taken or given back", .call("fcntl"), some(100, 2)),
            .init("runner", "the n-th thing started or opened", .call("openat"), some(60, 2)),
            .init(
                "runner", "draining, before the n-th write", .callAfter("pwrite64", signal: stop), some(60, 2)),
            .init("runner", "draining, before the n-th message", .callAfter("sendto", signal: stop), some(30, 1)),
            .init("runner", "reloading, the n-th thing opened", .callAfter("openat", signal: reload), some(20, 1)),
            .init(
                "runner", "reloading, before the n-th write", .callAfter("pwrite64", signal: reload), some(40, 1)),
            .init(
                "runner", "first start, before the n-th write", .firstStart("pwrite64", upgrade: false), some(120, 2)),
            .init(
                "runner", "upgrade of the schema, before the n-th write", .firstStart("pwrite64", upgrade: true),
                some(150, 2)),
            .init("everything", "at random", .everything, some(100, 3)),
            .init("outside worker", "holding items, others free", .outside, some(500, 12)),
            .init("pooled worker", "holding items, another of the pool free", .pooled(processes: 2), some(150, 6)),
            .init("pooled worker", "holding items, the only one", .pooled(processes: 1), some(100, 4)),
            .init("command", "while it runs", .command, some(150, 4)),
        ]
    }
}
