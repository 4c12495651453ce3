import Foundation

/// Times parts of the runner that no client can reach alone.
///
/// - `inside-times claim FOLDER FEW MANY ROUNDS`: the store's claim of one job with few and with many others waiting
/// - `inside-times pages FOLDER ROWS ROUNDS`: pages of a database read and written with checksums and without
/// - `inside-times dispatch ROUNDS`: the dispatcher's work for an item and for a plain job
///
/// Prints one JSON object.
@main
enum Main {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        switch (arguments.first, arguments.dropFirst().compactMap(Int.init).count) {
        case ("claim", 3):
            let numbers = arguments.suffix(3).compactMap(Int.init)
            try print(ClaimTimes(folder: arguments[2], few: numbers[0], many: numbers[1], rounds: numbers[2]))
        case ("pages", 2):
            let numbers = arguments.suffix(2).compactMap(Int.init)
            try print(PageTimes(folder: arguments[2], rows: numbers[0], rounds: numbers[1]))
        case ("dispatch", 1):
            try print(DispatchTimes(rounds: Int(arguments[2]) ?? 5))
        default:
            FileHandle.standardError.write(
                Data(
                    "usage: inside-times claim FOLDER FEW MANY ROUNDS | pages FOLDER ROWS ROUNDS | dispatch ROUNDS\n"
                        .utf8))
            exit(64)
        }
    }

    private static func print(_ value: some Encodable) throws {
        Swift.print(String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
    }
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}

/// Processor time of this thread in nanoseconds.
func threadTime() -> Double { time(of: CLOCK_THREAD_CPUTIME_ID) }

/// Processor time of all threads in nanoseconds.
func processTime() -> Double { time(of: CLOCK_PROCESS_CPUTIME_ID) }

private func time(of clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}
