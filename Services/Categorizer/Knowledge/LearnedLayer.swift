import Categorization
import Glibc

/// The learned layer in force: many ask it at once, and a lesson changes it where it stands, for it is too large to be
/// copied for each.
final class LearnedLayer: ExpensePredictor, @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>
    private var model: ExpenseModel

    init(_ model: ExpenseModel = ExpenseModel(TextModel())) {
        self.model = model
        lock = .allocate(capacity: 1)
        let result = pthread_rwlock_init(lock, nil)
        precondition(result == 0, "pthread_rwlock_init failed")
    }

    deinit {
        pthread_rwlock_destroy(lock)
        lock.deallocate()
    }

    func prediction(for expense: Expense, _ scratch: inout ModelScratch) -> Prediction? {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return model.prediction(for: expense, &scratch)
    }

    func reasons(for category: CategoryID, of expense: Expense) -> [LearnedReason] {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return model.reasons(for: category, of: expense)
    }

    /// Takes in what people said, each in its turn.
    func learn(_ lessons: [(expense: Expense, category: CategoryID, isCorrection: Bool)]) {
        guard !lessons.isEmpty else { return }
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        for lesson in lessons {
            if lesson.isCorrection {
                model.correct(lesson.expense, lesson.category)
            } else {
                model.observe(lesson.expense, lesson.category)
            }
        }
    }

    /// Puts another in its place.
    func replace(by other: ExpenseModel) {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        model = other
    }
}
