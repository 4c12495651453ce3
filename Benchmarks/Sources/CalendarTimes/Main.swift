import Calendars
import Glibc
import Linux

/// Times the search for the next run, and the reading of expressions.
///
/// `calendar-times ZONE ROUNDS COUNT cron|oncalendar EXPRESSION …` asks each expression for the run after each of COUNT
/// starts, ROUNDS times; a round's figure is the mean of its calls, and what is printed is the median of the rounds, in
/// nanoseconds of processor time of this thread, with the sum of all answers in seconds, as one JSON object.
@main
enum Main {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 6, arguments.count % 2 == 0, let rounds = Int(arguments[2]),
            let count = Int(arguments[3]), rounds > 0, count > 0
        else {
            print("usage: calendar-times ZONE ROUNDS COUNT cron|oncalendar EXPRESSION …")
            exit(2)
        }
        let zone = try ZoneDatabase.system.zone(named: arguments[1])
        var next: [Double] = [], reading: [Double] = [], sums: [Int64] = []
        for index in stride(from: 4, to: arguments.count, by: 2) {
            let (kind, expression) = (arguments[index], arguments[index + 1])
            let runs = try recurrence(kind, expression, zone)
            var sum: Int64 = 0
            next.append(
                median(rounds) {
                    sum = 0
                    for number in 0..<count {
                        sum &+= (runs.next(after: Starts.instant(number))?.microseconds ?? 0) / 1_000_000
                    }
                } / Double(count))
            sums.append(sum)
            reading.append(try median(rounds) { for _ in 0..<100 { _ = try recurrence(kind, expression, zone) } } / 100)
        }
        print(#"{"next":\#(next),"reading":\#(reading),"sums":\#(sums)}"#)
    }

    private static func recurrence(_ kind: String, _ expression: String, _ zone: Zone) throws -> WallRecurrence {
        kind == "cron"
            ? try CronExpression(expression).recurrence(in: zone) : try OnCalendar(expression).recurrence(in: zone)
    }

    private static func median(_ rounds: Int, _ body: () throws -> Void) rethrows -> Double {
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = threadTime()
            try body()
            times.append(threadTime() - start)
        }
        return times.sorted()[rounds / 2]
    }

    private static func threadTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

/// From when the next run is asked for: some 28 hours apart, at all times of the day, within 2020 to 2036. The floors have the
/// same.
enum Starts {
    static func instant(_ number: Int) -> Instant {
        Instant(seconds: 1_600_000_000 + Int64(number) * 100_003 % 500_000_000)
    }
}
