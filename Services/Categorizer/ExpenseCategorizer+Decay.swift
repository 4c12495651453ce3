import Categorization
import Linux

/// What the categorizer has made by itself and nobody has touched for long weighs less and less.
extension ExpenseCategorizer {
    /// How often it is looked for; a pattern changes once in 30 days at most.
    static let fading = Duration.seconds(3600)

    /// Looks now and then until it is cancelled.
    func fade() async {
        while !Task.isCancelled {
            do {
                let changed = try await alone { try await self.fadeAlone() }
                fades.succeeded()
                if changed > 0 {
                    log.info(
                        "patterns that nobody has touched for long weigh less", metadata: ["patterns": "\(changed)"])
                }
            } catch is CancellationError {
                return
            } catch {
                log.warning("old patterns keep their weight for now: \(error)")
            }
            do { try await time.sleep(for: Self.fading) } catch { return }
        }
    }

    private func fadeAlone() async throws -> Int {
        var new = stock.withLock { $0 }
        let (patterns, now) = (new.book.decay(today: today).flatMap(\.patterns), time.wall())
        guard !patterns.isEmpty else { return 0 }
        try await door.write { db in
            for pattern in patterns { try PatternStore.put(db, pattern, by: Self.name, expense: nil, at: now) }
        }
        publish(new)
        answers.clear()
        return patterns.count
    }
}
