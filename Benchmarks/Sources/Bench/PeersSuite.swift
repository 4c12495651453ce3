import Foundation

/// Other queues at the same durability: what is answered is on the disk. Submits, and whole lives: put in, taken, done.
///
/// A caller of a peer takes a job through its whole life by himself, one after the other. Ours has callers who submit and
/// a worker with as many places; a life is over when its end is on the disk.
enum PeersSuite {
    static func run(_ bench: Bench) throws {
        let rounds = bench.rounds(5)
        let seconds = bench.seconds(1)
        let submits = try Runner(bench, state: "peers-submits")
        defer { submits.stop() }
        try submits.declare("bench")
        let lives = try Runner(bench, state: "peers-lives")
        defer { lives.stop() }
        let beanstalkd = optional(bench, "beanstalkd") { try Beanstalkd(bench) }
        defer { beanstalkd?.stop() }
        let redis = optional(bench, "redis") { try Redis(bench) }
        defer { redis?.stop() }
        let postgres = optional(bench, "PostgreSQL") { try Postgres(bench) }
        defer { postgres?.stop() }
        let body = SubmitSuite.payload

        func submit(_ callers: Int) throws -> Double {
            let load = ["--connections", "\(callers)", "--seconds", "\(seconds)"]
            return try submits.load(SubmitSuite.request, load).rate
        }
        /// Jobs a second from the first submit to the last end on the disk.
        func life(_ callers: Int) throws -> Double {
            let worker = try NoopWorker(bench, .least, for: lives, capacity: callers)
            let start = ContinuousClock.now
            let load = ["--connections", "\(callers)", "--seconds", "\(seconds)", "--warmup", "0"]
            let submitted = try lives.load(Self.request, load).requests
            try lives.awaitLive(atMost: 0)
            let time = (ContinuousClock.now - start) / .seconds(1)
            try worker.stop()
            return submitted / time
        }
        for (name, submitters, livers) in [("one caller", 1, 1), ("64 callers", 64, 64)] {
            // A producer and a worker are two; peers get as many connections.
            let peers = livers == 1 ? 2 : livers
            let measured = try interleaved(
                rounds: rounds,
                [
                    {
                        try Command(bench.floor("fdatasync"), [lives.state, "\(seconds)"]).result(LoadResult.self).rate
                    },
                    { try submit(submitters) },
                    { try beanstalkd?.rate(callers: submitters, seconds: seconds, body: body) ?? 0 },
                    { try postgres?.rate(callers: submitters, seconds: seconds) ?? 0 },
                    { try redis?.rate(callers: submitters, seconds: seconds, body: body) ?? 0 },
                    { try life(livers) },
                    { try beanstalkd?.lives(callers: peers, seconds: seconds, body: body) ?? 0 },
                    { try postgres?.rate(callers: peers, seconds: seconds, life: true) ?? 0 },
                    { try redis?.lives(callers: peers, seconds: seconds, body: body) ?? 0 },
                ])
            func add(_ figure: String, _ value: Double, floor: Double? = nil, goal: Goal? = nil) {
                bench.report.add(
                    Figure("peers", "\(name), \(figure)", value, "jobs/s", floor: floor, goal: goal, rounds: rounds))
            }
            add("4 KiB overwrite and fdatasync", measured[0])
            add("submits", measured[1], floor: measured[0])
            if beanstalkd != nil {
                add("submits, beanstalkd -f0 as floor", measured[1], floor: measured[2], goal: .ratioAtLeast(1))
            }
            if postgres != nil {
                add("submits, PostgreSQL as floor", measured[1], floor: measured[3], goal: .ratioAtLeast(1))
            }
            if redis != nil { add("submits, redis appendfsync always as floor", measured[1], floor: measured[4]) }
            add("life", measured[5], floor: measured[0])
            if beanstalkd != nil {
                add("life, beanstalkd -f0 as floor", measured[5], floor: measured[6], goal: .ratioAtLeast(1))
            }
            if postgres != nil {
                add("life, PostgreSQL SKIP LOCKED as floor", measured[5], floor: measured[7], goal: .ratioAtLeast(1))
            }
            if redis != nil {
                add("life, redis appendfsync always as floor", measured[5], floor: measured[8], goal: .ratioAtLeast(1))
            }
        }
    }

    /// The same payload as in the submits, due at once.
    private static let request = """
        {"jsonrpc":"2.0","id":ID,"method":"job.submit","params":{"kind":"noop","params":\(SubmitSuite.payload)}}
        """

    private static func optional<T>(_ bench: Bench, _ name: String, _ start: () throws -> T) -> T? {
        do {
            return try start()
        } catch {
            bench.report.skip("peers", name, "\(error)")
            return nil
        }
    }
}
