import Glibc
import JSONCodec
import Linux
import Preloading

/// Times of the preloader's inside, as one JSON object: nanoseconds for a cached key in process, and the memory of a cache
/// through which many more keys went than it may hold.
///
/// usage: preload-times ROUNDS CALLS DISTINCT-KEYS CACHE-MIB
@main
enum Main {
    struct Names: KeyedSource {
        func load(_ keys: [String], _ call: SourceCall) async throws -> SourceAnswer {
            .rows(keys.map { SourceRow($0, JSONRaw(unchecked: Array(#"{"id":"\#($0)","name":"Somebody"}"#.utf8))) })
        }
    }

    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard numbers.count == 4 else {
            print("usage: preload-times ROUNDS CALLS DISTINCT-KEYS CACHE-MIB")
            exit(64)
        }
        let (list, single) = try await cached(rounds: numbers[0], calls: numbers[1])
        let memory = try await memory(keys: numbers[2], bytes: numbers[3] << 20)
        print(
            #"{"list":\#(list),"single":\#(single),"growth":\#(memory.growth),"entries":\#(memory.entries),"#
                + #""counted":\#(memory.counted)}"#)
    }

    private static func dataset(_ change: (inout DatasetRules) -> Void) -> Dataset {
        var rules = DatasetRules()
        rules.window.age = .zero
        change(&rules)
        return Dataset("bench", rules, source: .keyed(Names()), time: SystemTime())
    }

    /// The median over the rounds, per key: in lists of 100, and alone.
    private static func cached(rounds: Int, calls: Int) async throws -> (list: Double, single: Double) {
        let dataset = dataset { $0.cache.ttl = .seconds(3600) }
        let keys = (0..<100).map { LoadKey("contractor-\(100_000 + $0)") }
        _ = try await dataset.fetch(keys, of: .user(0))
        var lists: [Double] = [], singles: [Double] = []
        for _ in 0..<rounds {
            lists.append(measure(dataset, keys, calls) / 100)
            singles.append(measure(dataset, [keys[17]], calls))
        }
        return (lists.sorted()[rounds / 2], singles.sorted()[rounds / 2])
    }

    private static func measure(_ dataset: Dataset, _ keys: [LoadKey], _ calls: Int) -> Double {
        let start = ContinuousClock.now
        for _ in 0..<calls {
            guard case .now(let outcomes) = dataset.fetch(keys, of: .user(0), completion: { _ in }),
                outcomes.count == keys.count
            else { fatalError("a key was not cached") }
        }
        let span = ContinuousClock.now - start
        return Double(span.nanoseconds) / Double(calls)
    }

    /// What this process has grown by when so many different keys went through.
    private static func memory(keys: Int, bytes: Int) async throws -> (growth: Int, entries: Int, counted: Int) {
        let dataset = dataset {
            $0.cache.entries = 100_000_000
            $0.cache.bytes = bytes
            $0.cache.ttl = .seconds(3600)
            $0.chunk = 1000
            $0.window.size = 1000
        }
        let before = resident()
        var most = before
        for start in stride(from: 0, to: keys, by: 1000) {
            let part = (start..<min(start + 1000, keys)).map { LoadKey("contractor-\(1_000_000_000 + $0)") }
            _ = try await dataset.fetch(part, of: .shared)
            if start % 500_000 == 0 { most = max(most, resident()) }
        }
        most = max(most, resident())
        let load = dataset.load
        return (most - before, load.entries, load.bytes)
    }

    private static func resident() -> Int {
        guard let text = try? Files.readText("/proc/self/statm"),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
