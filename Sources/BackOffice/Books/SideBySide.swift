/// Does something with each of several values, so many at a time.
public enum SideBySide {
    /// So many contractors' pages are read at a time.
    public static let positionReads = 5

    /// What `body` makes of each value, in the order of the values. The next begins as soon as one ends.
    ///
    /// - Parameter limit: at least 1 are under way at a time.
    /// - Throws: the first error; what is under way then is cancelled and waited for, what has not begun never begins.
    public static func map<Value: Sendable, Result: Sendable>(
        _ values: [Value], atOnce limit: Int, _ body: @escaping @Sendable (Value) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: values.count)
            var next = 0
            func begin() {
                let index = next
                next += 1
                group.addTask { (index, try await body(values[index])) }
            }
            while next < min(max(1, limit), values.count) { begin() }
            while let (index, result) = try await group.next() {
                results[index] = result
                if next < values.count { begin() }
            }
            return results.map { $0! }
        }
    }
}
