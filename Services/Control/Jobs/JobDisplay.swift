import Glibc
import Linux
import MillraceProtocol

/// Shows a job while it runs: a bar that moves on a terminal, lines in a pipe.
///
/// Progress comes on the connection's thread, the beat on the pool's; one lock orders them.
final class JobDisplay: Sendable {
    private struct State {
        var lines = ProgressLines()
        var job: JobView?
        var message: String?
        var beat = 0
        /// Whether the bar stands on the current line.
        var isDrawn = false
        var isOver = false
    }

    private let terminal: Terminal
    private let output: Int32
    private let time: any TimeSource
    private let state = Locked(State())

    /// Writes to `output`, which is what `terminal` describes.
    init(terminal: Terminal, output: Int32, time: any TimeSource) {
        self.terminal = terminal
        self.output = output
        self.time = time
    }

    /// How often the spinner turns.
    static let beat = Duration.milliseconds(100)

    var isMoving: Bool { terminal.isInteractive }

    func show(_ progress: JobProgress) {
        state.withLock { state in
            guard !state.isOver else { return }
            state.job = progress.job
            if let message = progress.message { state.message = message }
            if isMoving {
                draw(&state)
            } else if let line = state.lines.line(for: progress.job, message: progress.message) {
                Output.write(line + "\n", to: output)
            }
        }
    }

    /// Turns the spinner and moves the clock on.
    func turn() {
        state.withLock { state in
            guard isMoving, !state.isOver, state.job != nil else { return }
            state.beat += 1
            draw(&state)
        }
    }

    /// Says something above the bar, such as that the runner is away.
    func say(_ text: String) {
        state.withLock { state in
            clear(&state)
            Output.write(text + "\n", to: output)
            if isMoving, !state.isOver, state.job != nil { draw(&state) }
        }
    }

    /// Shows how the job ended; nothing moves after that.
    func finish(_ job: JobView?) {
        state.withLock { state in
            guard !state.isOver else { return }
            if let job, isMoving {
                state.job = job
                state.message = nil
                draw(&state)
                Output.write("\n", to: output)
                state.isDrawn = false
            } else {
                clear(&state)
            }
            state.isOver = true
        }
    }

    private func draw(_ state: inout State) {
        guard let job = state.job else { return }
        // The terminal may have been made wider or narrower since.
        var terminal = terminal
        terminal.width = Terminal.width(of: output, columns: nil) ?? terminal.width
        let begin = job.startedAt ?? job.submittedAt
        let bar = ProgressBar(terminal: terminal).line(
            for: job, message: state.message, elapsed: (job.finishedAt ?? time.wall()) - begin, beat: state.beat)
        Output.write("\r" + bar + "\u{1B}[K", to: output)
        state.isDrawn = true
    }

    private func clear(_ state: inout State) {
        if state.isDrawn { Output.write("\r\u{1B}[K", to: output) }
        state.isDrawn = false
    }
}
