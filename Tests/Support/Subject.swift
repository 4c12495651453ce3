import Glibc
import Testing

/// A service that is tortured: what is written to it, one change after the other, and how it is found out what it has.
public struct Subject: Sendable, CustomTestStringConvertible {
    public let name: String
    /// A change with a number and so many bytes of ballast; nil for a service that keeps nothing.
    private let change: (@Sendable (_ number: Int, _ ballast: String) -> Change)?
    /// The numbers of the changes that its database holds.
    private let numbers: String
    /// A call that it needs once before the first change.
    public let preparation: (method: String, params: String)?
    private let files: [String: String]

    public struct Change: Sendable {
        public var method: String
        public var params: String
        /// Makes it safe to repeat.
        public var key: String?

        public var meta: String? { key.map { "{\"idempotencyKey\":\"\($0)\"}" } }
    }

    public var testDescription: String { name }
    public var keepsSomething: Bool { change != nil }

    /// Whether a job goes into a queue of the class `crash`: it need not survive a power cut, and may not be lost otherwise.
    static func isLoose(_ number: Int) -> Bool { number % 5 == 0 }

    /// Of the runner, as a file of `kinds.d`.
    public static let kinds = """
        kinds:
          - { name: kept, command: [/bin/true] }
        queues:
          - { name: loose, durability: crash }
        """

    public static let runner = Subject(
        name: "runner",
        change: { number, ballast in
            let queue = isLoose(number) ? "loose" : "default"
            return Change(
                method: "job.submit",
                params: #"{"kind":"kept","queue":"\#(queue)","params":{"t":\#(number),"b":"\#(ballast)"}}"#,
                key: "t-\(number)")
        },
        numbers: "SELECT json_extract(CAST(params AS TEXT), '$.t') FROM job WHERE kind = 'kept'",
        preparation: nil, files: ["etc/kinds.d/kept.yaml": kinds])

    public static let categorizer = Subject(
        name: "categorizer",
        change: { number, ballast in
            let words = #""merchant_name":"Shop \#(number)","description":"\#(ballast.prefix(400))""#
            let expense = #"{"id":"t-\#(number)",\#(words)}"#
            return Change(
                method: "expense.learn", params: #"{"corrections":[{"expense":\#(expense),"category":"Fuel"}]}"#)
        },
        numbers: "SELECT substr(id, 3) FROM expense WHERE confirmed = 1",
        preparation: ("category.put", #"{"name":"Fuel"}"#), files: [:])

    public static let scheduler = Subject(
        name: "scheduler",
        change: { number, ballast in
            let job = #"{"kind":"kept","params":{"b":"\#(ballast)"}}"#
            return Change(
                method: "schedule.put",
                params: #"{"schedule":{"name":"t-\#(number)","job":\#(job),"onCalendar":["2099-01-01"],"zone":"UTC"}}"#)
        },
        numbers: "SELECT substr(name, 3) FROM schedule", preparation: nil, files: [:])

    public static let metrics = Subject(
        name: "metrics",
        change: { number, _ in
            Change(
                method: "alert.silence",
                params: #"{"labels":{"t":"\#(number)"},"forMs":86400000,"comment":"t-\#(number)"}"#)
        },
        numbers: "SELECT substr(comment, 3) FROM silence", preparation: nil, files: [:])

    public static let preloader = Subject(
        name: "preloader", change: nil, numbers: "", preparation: nil, files: [:])

    public static let all = [runner, preloader, categorizer, scheduler, metrics]
    public static let keeping = all.filter(\.keepsSomething)
    public static let areBuilt = all.allSatisfy { LoneService.isBuilt($0.name) } && Binary.exist("millctl")

    /// Whether a change survives a power cut when it is acknowledged.
    public func isOnDisk(_ number: Int) -> Bool { name != "runner" || !Self.isLoose(number) }

    /// A service of the kind, not yet started.
    ///
    /// - Parameter state: another folder than one of its own.
    public func service(state: String? = nil, options: [String] = []) throws -> LoneService {
        var own: [String] = []
        if name == "runner" { own = ["--commands", ""] }
        if name == "metrics" { own = ["--port", "0"] }
        let service = LoneService(name, state: state, options: own + options)
        for (file, text) in files {
            let path = "\(service.state)/\(file)"
            let folder = path[..<path.lastIndex(of: "/")!]
            mkdir(String(folder), 0o755)
            try writeFile(text, to: path)
        }
        return service
    }

    public func prepare(_ service: LoneService) async throws {
        if let preparation { try await service.call(preparation.method, preparation.params) }
    }

    /// Has nothing come of its changes: a runner that starts commands cannot well be traced.
    public func hold(_ service: LoneService) async throws {
        guard name == "runner" else { return }
        for queue in ["default", "loose"] { try await service.call("queue.pause", "{\"queue\":\"\(queue)\"}") }
    }

    public func change(_ number: Int, ballast: Int = 0) -> Change {
        change!(number, String(repeating: "b", count: ballast))
    }

    /// The numbers of the changes that it has, each as often as it has it; the service may be running or not.
    public func changes(in database: String) async throws -> [Int] {
        Self.numbers(in: try await check(listing(database), within: .seconds(60)))
    }

    /// The command that lists them, and what its output means.
    public func listing(_ database: String) -> [String] {
        ["sqlite3", "-cmd", ".timeout 10000", database, numbers]
    }

    public static func numbers(in output: String) -> [Int] { output.split(separator: "\n").compactMap { Int($0) } }

    /// What is wrong with the file, in SQLite's words; "ok" for nothing.
    public func integrity(of database: String) async throws -> String {
        let pragma = ["PRAGMA integrity_check"]
        let said = try await run(["sqlite3", "-cmd", ".timeout 10000", database] + pragma, within: .seconds(60))
        return (said.output + said.errors).split(separator: "\n").joined(separator: "; ")
    }
}
