import MillraceRPC
import Samples

/// Calls through our async client as a service would: tasks that each await one answer after the other.
@main
enum Main {
    /// `async-caller SOCKET SECONDS [CALLERS]`, all callers on one connection. Prints what the C client prints.
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3, let seconds = Double(arguments[2]) else {
            fatalError("usage: async-caller SOCKET SECONDS [CALLERS]")
        }
        let callers = arguments.count > 3 ? Int(arguments[3]) ?? 1 : 1
        let client = RPCClient(socket: arguments[1])
        let clock = ContinuousClock()
        let start = clock.now
        let begin = start + .milliseconds(50)
        let end = begin + .seconds(seconds)

        let latencies = try await withThrowingTaskGroup(of: [Double].self) { tasks in
            for _ in 0..<callers {
                tasks.addTask {
                    var latencies: [Double] = []
                    var before = clock.now
                    while before < end {
                        let result = try await client.call(BenchSubmit.self, .sample)
                        precondition(result.id == 128)
                        let after = clock.now
                        if before >= begin { latencies.append((after - before) / .microseconds(1)) }
                        before = after
                    }
                    return latencies
                }
            }
            var all: [Double] = []
            for try await latencies in tasks { all += latencies }
            return all
        }
        let elapsed = (clock.now - begin) / .seconds(1)
        let sorted = latencies.sorted()
        func at(_ fraction: Double) -> Double { sorted[Int(fraction * Double(sorted.count - 1))] }
        print(
            """
            {"requests":\(sorted.count),"seconds":\(elapsed),"rate":\(Double(sorted.count) / elapsed),\
            "p50":\(at(0.5)),"p99":\(at(0.99)),"p999":\(at(0.999))}
            """)
        client.close()
    }
}
