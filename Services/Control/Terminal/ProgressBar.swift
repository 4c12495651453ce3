import Linux
import MillraceProtocol

/// One line that shows how far a job is: 20 cells, one per 5 %, green while all goes well, else yellow.
struct ProgressBar: Sendable {
    static let cells = 20

    let terminal: Terminal

    /// The line for `job`, no wider than the terminal. `beat` turns the spinner.
    func line(for job: JobView, message: String? = nil, elapsed: Duration, beat: Int) -> String {
        var pieces = [Piece(mark(for: job, beat: beat), tone(of: job)), Piece("job \(job.id)")]
        if job.items.total > 0 {
            pieces.append(Piece(bar(for: job.items), tone(of: job)))
            pieces.append(Piece(DisplayText.padded("\(Self.percent(job.items)) %", to: 5, right: true)))
            pieces.append(Piece("\(job.items.ended)/\(job.items.total)"))
        } else {
            pieces.append(Piece(bar(for: job.items), .quiet))
        }
        if job.items.failed > 0 { pieces.append(Piece("\(job.items.failed) failed", .warning)) }
        if job.items.cancelled > 0 { pieces.append(Piece("\(job.items.cancelled) cancelled", .warning)) }
        pieces.append(Piece(Self.stage(of: job)))
        pieces.append(Piece(elapsed.short, .quiet))
        if let message, !message.isEmpty { pieces.append(Piece(DisplayText.harmless(message), .quiet)) }
        return joined(pieces)
    }

    /// Finished items in whole per cent; 100 only when all have ended.
    static func percent(_ items: ItemCounts) -> Int {
        items.total == 0 ? 0 : items.ended * 100 / items.total
    }

    /// What the job is doing now, in one word.
    static func stage(of job: JobView) -> String {
        if job.cancelRequested && !job.state.isFinal { return "cancelling" }
        return job.state == .running ? job.phase?.rawValue ?? job.state.rawValue : job.state.rawValue
    }

    private func tone(of job: JobView) -> Tone {
        switch job.state {
        case .failed, .partial, .cancelled: .warning
        default: job.items.failed + job.items.cancelled > 0 ? .warning : .good
        }
    }

    private func bar(for items: ItemCounts) -> String {
        let filled = items.total == 0 ? 0 : items.ended * Self.cells / items.total
        let full = terminal.isUnicode ? "█" : "#", empty = terminal.isUnicode ? "░" : "."
        return String(repeating: full, count: filled) + String(repeating: empty, count: Self.cells - filled)
    }

    private func mark(for job: JobView, beat: Int) -> String {
        switch job.state {
        case .succeeded: return terminal.isUnicode ? "✓" : "*"
        case .failed, .cancelled: return terminal.isUnicode ? "✗" : "x"
        case .partial: return "!"
        case .scheduled, .ready, .running:
            let turns =
                terminal.isUnicode ? ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] : ["|", "/", "-", "\\"]
            return turns[beat % turns.count]
        }
    }

    private struct Piece {
        var text: String
        var tone: Tone

        init(_ text: String, _ tone: Tone = .plain) {
            self.text = text
            self.tone = tone
        }
    }

    /// Pieces with a blank between; the first that does not fit is shortened and ends the line.
    private func joined(_ pieces: [Piece]) -> String {
        var line = "", left = (terminal.width ?? .max)
        for (index, piece) in pieces.enumerated() {
            let gap = index == 0 ? 0 : 1
            guard left > gap else { break }
            let text = DisplayText.shortened(piece.text, to: left - gap, unicode: terminal.isUnicode)
            line += String(repeating: " ", count: gap) + terminal.paint(text, piece.tone)
            left -= gap + DisplayText.width(text)
            if text != piece.text { break }
        }
        return line
    }
}
