import Glibc
import TestSupport

/// A categorizer by itself, with a state folder of its own.
final class RunningCategorizer: Sendable {
    static let isBuilt = Binary.exist("millrace-categorizer")
}
