import Linux

/// Times as they stand in the tables: seconds, to a hundredth.
enum ClaimTime {
    static func seconds(_ body: () async throws -> Void) async throws -> String {
        let time = SystemTime(), begin = time.boot()
        try await body()
        return text(time.boot() - begin)
    }

    static func text(_ time: Duration) -> String {
        let hundredths = (time.milliseconds + 5) / 10
        return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
    }
}
