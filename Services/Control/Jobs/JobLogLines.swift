import JSONCodec
import Linux
import MillraceProtocol

/// Shows the log lines of a job as they come, above its bar or between its lines.
final class JobLogLines: Sendable {
    private static let time = SystemTime()

    private let task: Task<Void, Never>
    private let wantsEnd: AsyncStream<Void>.Continuation

    init(id: JobID, global: GlobalOptions, display: JobDisplay?) {
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        wantsEnd = continuation
        let terminal = global.terminal, json = global.json
        let show = { @Sendable (text: String) in
            if json {
                if let line = LogLine(text) { JSONOutput.line(line) }
            } else if let display, display.isMoving {
                display.say(LogShow.painted(text, terminal))
            } else {
                Output.line(text)
            }
        }
        let place = global.place
        task = Task {
            guard var tail = JobLogTail(job: id.rawValue, at: place, show) else {
                Output.error("millctl: there is no log to show at \(place.logName)")
                return
            }
            let isEnding = Locked(false)
            let beat = Task {
                for await _ in ends { break }
                isEnding.withLock { $0 = true }
            }
            while !isEnding.withLock({ $0 }) {
                try? await Self.time.sleep(for: LogReader.pause)
                tail.read(show)
            }
            // What was said at the very end takes as long to arrive as a line at any other time.
            try? await Self.time.sleep(for: LogReader.pause)
            tail.read(show)
            await beat.value
        }
    }

    /// Shows what is still to come and returns.
    func finish() async {
        wantsEnd.finish()
        await task.value
    }
}

extension Place {
    /// What a person calls the log of this place.
    var logName: String {
        switch self {
        case .state(let state): state.logFile
        case .system: "the journal"
        }
    }
}
