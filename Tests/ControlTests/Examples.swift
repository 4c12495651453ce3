import Linux
import MillraceProtocol

@testable import Control

extension Terminal {
    static let pipe = Terminal(isInteractive: false, colour: false, width: nil, isUnicode: true)

    static func plain(width: Int) -> Terminal {
        Terminal(isInteractive: true, colour: false, width: width, isUnicode: true)
    }

    static let colourful = Terminal(isInteractive: true, colour: true, width: 200, isUnicode: true)
}

extension JobView {
    static func example(
        _ state: JobState = .running, phase: JobPhase? = .processing, total: Int = 20, succeeded: Int = 0,
        failed: Int = 0, cancelled: Int = 0
    ) -> JobView {
        JobView(
            id: JobID(17), kind: "sync-task-order-logs", state: state, phase: state == .running ? phase : nil,
            queue: "default", priority: 0, submittedAt: Timestamp(milliseconds: 1_000), user: 1000,
            correlationId: "c-1",
            items: ItemCounts(total: total, succeeded: succeeded, failed: failed, cancelled: cancelled),
            maxAttempts: 3, cause: "started")
    }
}
