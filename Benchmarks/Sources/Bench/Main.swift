import Foundation

/// `bench [options] [suite …]`: measures and reports. `Benchmarks/run` builds everything and starts it.
@main
enum Main {
    static let suites: [(name: String, summary: String, run: @Sendable (Bench) throws -> Void)] = [
        ("wire", "requests over a Unix socket against C echo servers", WireSuite.run),
        ("codec", "the JSON envelope against Foundation", CodecSuite.run),
        ("resilience", "deadline, retry, breaker, bulkhead and rate around a call", ResilienceSuite.run),
        ("metrics", "counting against a plain atomic addition, and a scrape", MetricSuite.run),
        ("unheard", "jobs with the metrics service stopped or frozen, against with it", UnheardSuite.run),
        ("preload", "keys that the preloader has in memory, and its memory", PreloadSuite.run),
        ("categorize", "categories of expenses: alone, in batches, with 100,000 rows learned", CategorizeSuite.run),
        ("calendars", "the next run by cron and OnCalendar beside croniter and systemd", CalendarsSuite.run),
        ("schedule", "lateness with 100,000 schedules, planning of briefs", ScheduleSuite.run),
        ("allocations", "heap allocations per request in the server", AllocationSuite.run),
        ("submit", "durable submits against the disk, beanstalkd and PostgreSQL", SubmitSuite.run),
        ("lifecycle", "whole lives of jobs that do nothing, against the disk", LifecycleSuite.run),
        ("pages", "checksums of a database's pages", PagesSuite.run),
        ("claim", "taking jobs with few and with a million waiting", ClaimSuite.run),
        ("pool", "handing out work, warm calls against processes", PoolSuite.run),
        ("fair", "a user beside one with a hundred thousand jobs", FairSuite.run),
        ("peers", "submits and lives beside beanstalkd, PostgreSQL and redis", PeersSuite.run),
        ("idle", "processor time at idle, memory over a million jobs", IdleSuite.run),
        ("start", "the runner's start, memory and size", StartSuite.run),
        ("workload", "20 contractors and 60 projects with 150 ms an outside call", WorkloadSuite.run),
    ]

    static func main() {
        signal(SIGPIPE, SIG_IGN)
        var options: Options
        do {
            options = try Options(CommandLine.arguments.dropFirst())
        } catch {
            FileHandle.standardError.write(Data("bench: \(error)\n".utf8))
            exit(64)
        }
        let chosen = suites.filter { options.suites.isEmpty || options.suites.contains($0.name) }
        let report = Report(table: !options.json)
        var broken = false
        do {
            let bench = try Bench(options, report: report)
            defer { bench.cleanUp() }
            report.conditions(Conditions.all(scratch: bench.scratch, floors: bench.floors))
            for suite in chosen {
                report.note("measuring \(suite.name): \(suite.summary)")
                do {
                    try suite.run(bench)
                } catch {
                    report.skip(suite.name, "all", "\(error)")
                    broken = true
                }
            }
        } catch {
            report.note("bench: \(error)")
            broken = true
        }
        report.printTable()
        if broken { exit(70) }
        if options.gate, !report.missed.isEmpty { exit(1) }
    }
}

struct Options {
    var rounds: Int?
    var quick = false
    var json = false
    var gate = false
    var floors = ""
    var products = ""
    var scratch: String?
    var suites: Set<String> = []

    static let usage = """
        usage: run [--rounds N] [--quick] [--json] [--gate] [--scratch DIR] [suite …]
        suites: \(Main.suites.map(\.name).joined(separator: " "))
        """

    init(_ arguments: some Sequence<String>) throws {
        var rest = arguments.makeIterator()
        func value(_ name: String) throws -> String {
            guard let value = rest.next() else { throw BenchmarkError("\(name) needs a value\n\(Self.usage)") }
            return value
        }
        while let argument = rest.next() {
            switch argument {
            case "--rounds":
                guard let count = Int(try value(argument)), 1...1000 ~= count else {
                    throw BenchmarkError("--rounds takes 1 to 1000\n\(Self.usage)")
                }
                rounds = count
            case "--quick": quick = true
            case "--json": json = true
            case "--gate": gate = true
            case "--floors": floors = try value(argument)
            case "--products": products = try value(argument)
            case "--scratch": scratch = try value(argument)
            case let name where Main.suites.contains { $0.name == name }: suites.insert(name)
            default: throw BenchmarkError("what is \(argument)?\n\(Self.usage)")
            }
        }
    }
}
