import Logging
import TestSupport

/// A logger whose entries a test can wait for.
final class RecordedLog: Sendable {
    struct Entry: Sendable {
        var level: Logger.Level
        var message: String
        var fields: [String: String]
    }

    let entries = Watched<[Entry]>([])

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(entries: self.entries) }
        logger.logLevel = .debug
        return logger
    }

    private struct Handler: LogHandler {
        let entries: Watched<[Entry]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
            entries.update {
                $0.append(Entry(level: event.level, message: "\(event.message)", fields: fields))
            }
        }
    }
}
