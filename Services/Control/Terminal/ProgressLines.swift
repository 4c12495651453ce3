import MillraceProtocol

/// Progress for a pipe: a line per change, but of the items only every third and the last.
struct ProgressLines: Sendable {
    static let every = 3

    private var printed: (stage: String, ended: Int, total: Int, message: String?)?

    init() {}

    /// The line to print for this change; nil when it is not worth one.
    mutating func line(for job: JobView, message: String? = nil) -> String? {
        let stage = ProgressBar.stage(of: job), items = job.items
        if let last = printed {
            let moved = stage != last.stage || items.total != last.total || (message != nil && message != last.message)
            let counted =
                items.ended >= last.ended + Self.every || (items.ended == items.total && items.ended != last.ended)
            guard moved || counted else { return nil }
        }
        printed = (stage, items.ended, items.total, message ?? printed?.message)
        var line = "job \(job.id) \(stage)"
        if items.total > 0 { line += " \(items.ended)/\(items.total) items" }
        if items.failed > 0 { line += ", \(items.failed) failed" }
        if items.cancelled > 0 { line += ", \(items.cancelled) cancelled" }
        if let message, !message.isEmpty { line += ": \(DisplayText.harmless(message))" }
        return line
    }
}
