import Categorization
import Linux
import MillraceProtocol
import MillraceStore

extension ExpenseCategorizer {
    func models() async throws -> ModelShow.Result {
        let isTraining = trainer.isTraining
        return try await door.read { db in
            let lesson = try ModelStore.reach(db).lesson
            let since = try db.first("SELECT count(*) FROM lesson WHERE number > ?", .int(lesson)) { Int($0.int(0)) }
            return ModelShow.Result(
                models: try ModelStore.views(db), confirmed: try ExpenseStore.confirmed(db), lessonsSince: since ?? 0,
                training: isTraining)
        }
    }

    /// Trains anew, here and now where it is waited for, else in the background.
    func rebuild(wait: Bool) async throws -> ModelView? {
        let confirmed = try await door.read { try ExpenseStore.confirmed($0) }
        guard confirmed >= Trainer.least else { throw CategorizerError.tooFew(confirmed) }
        guard wait else {
            trainer.wake()
            return nil
        }
        let view = try await trainer.train()
        try await alone { try await self.takeModel() }
        return view
    }

    func rollBack() async throws -> ModelView {
        try await alone {
            let view = try await self.door.write { try ModelStore.rollBack($0) }
            try await self.takeModel()
            return view
        }
    }

    /// Other options where calls say nothing, until the next start.
    func configure(_ given: CategorizeOptions) throws(CategorizerError) -> CategorizeOptions {
        let checked = try given.checked()
        return options.withLock { options in
            options = checked.over(options)
            return options
        }
    }

    /// As after a start: what the database says, and nothing that was kept.
    func reset() async throws -> CategorizeOptions {
        try await alone {
            self.door.breaker.reset()
            let stock = try await Self.load(self.door, self.log)
            self.expenses.clear()
            self.answers.clear()
            self.benches.clear()
            self.tracker.reset()
            self.publish(stock)
            return self.options.withLock { options in
                options = .defaults
                return options
            }
        }
    }
}
