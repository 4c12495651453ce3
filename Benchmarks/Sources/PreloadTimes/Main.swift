import Glibc
import JSONCodec
import Linux
import Preloading

/// Times of the preloader's inside, as one JSON object: nanoseconds for a cached key in process, and the memory of a cache
/// through which many more keys went than it may hold.
///
/// usage: preload-times cached ROUNDS CALLS
///        preload-times memory CACHE-MIB DISTINCT-KEYS CHUNK VALUE-BYTES
@main
enum Main {
    /// Rows of so many bytes, each with memory of its own.
    struct Names: KeyedSource {
        private let row: [UInt8]

        init(bytes: Int) {
            let quote = [UInt8(ascii: "\"")]
            row = quote + Array(repeating: UInt8(ascii: "x"), count: max(0, bytes - 2)) + quote
        }

        func load(_ keys: [String], _ call: SourceCall) async throws -> SourceAnswer {
            .rows(keys.map { SourceRow($0, JSONRaw(unchecked: row.withUnsafeBufferPointer { Array($0) })) })
        }
    }

    static func main() async throws {
        // As the preloader does.
        Allocator.holdTight()
        let words = CommandLine.arguments.dropFirst()
        let numbers = words.dropFirst().compactMap { Int($0) }
        switch (words.first, numbers.count) {
        case ("cached", 2):
            let (list, single) = try await cached(rounds: numbers[0], calls: numbers[1])
            print(#"{"list":\#(list),"single":\#(single)}"#)
        case ("memory", 4):
            let memory = try await memory(
                bytes: numbers[0] << 20, keys: numbers[1], chunk: numbers[2], value: numbers[3])
            print(#"{"growth":\#(memory.growth),"entries":\#(memory.entries),"counted":\#(memory.counted)}"#)
        default:
            print("usage: preload-times cached ROUNDS CALLS | memory CACHE-MIB DISTINCT-KEYS CHUNK VALUE-BYTES")
            exit(64)
        }
    }

    private static func dataset(value: Int, _ change: (inout DatasetRules) -> Void) -> Dataset {
        var rules = DatasetRules()
        rules.window.age = .zero
        change(&rules)
        return Dataset("bench", rules, source: .keyed(Names(bytes: value)), time: SystemTime())
    }

    /// The median over the rounds, per key: in lists of 100, and alone.
    private static func cached(rounds: Int, calls: Int) async throws -> (list: Double, single: Double) {
        let dataset = dataset(value: 40) { $0.cache.ttl = .seconds(3600) }
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

    /// What this process has grown by, at most, when so many different keys went through in lists as long as a chunk.
    private static func memory(
        bytes: Int, keys: Int, chunk: Int, value: Int
    ) async throws -> (growth: Int, entries: Int, counted: Int) {
        let dataset = dataset(value: value) {
            $0.cache.entries = 100_000_000
            $0.cache.bytes = bytes
            $0.cache.ttl = .seconds(3600)
            $0.chunk = chunk
            $0.window.size = chunk
        }
        let before = resident()
        var most = before
        for (turn, start) in stride(from: 0, to: keys, by: chunk).enumerated() {
            let part = (start..<min(start + chunk, keys)).map { LoadKey("contractor-\(1_000_000_000 + $0)") }
            _ = try await dataset.fetch(part, of: .shared)
            if turn % max(1, 100_000 / chunk) == 0 { most = max(most, resident()) }
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
