/// Time as those have it who are waited for.
///
/// On a machine that does other things, or in a test run whose tests keep all threads busy, what is awaited gets no turn, and
/// a deadline by the clock would find a hang where there is a queue. So a limit is spent in slices, on the same threads as what
/// is awaited: however late a slice ends, it counts as one. Where there is time for everybody it is the clock's.
public enum Patience {
    /// Slices are a fiftieth of the limit, and 20 to 200 ms.
    public static func slice(of limit: Duration) -> Duration {
        min(max(limit / 50, .milliseconds(20)), .milliseconds(200))
    }

    /// Returns when the limit is spent.
    public static func spend(_ limit: Duration) async throws {
        let slice = slice(of: limit)
        var left = limit
        while left > .zero {
            try await Task.sleep(for: min(slice, left))
            left -= slice
        }
    }
}
