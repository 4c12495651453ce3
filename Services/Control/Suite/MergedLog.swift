import Linux

/// What all services of a suite say, in one file and, in the foreground, on the terminal.
///
/// In the file each line begins with a time, a level and who speaks; a line of a service that has this form already
/// stays as it is, anything else, such as a crash report, gets them.
final class MergedLog {
    static let ownName = "millctl"

    private var file: RotatingFile
    /// Whether lines are shown on the terminal too.
    var isEchoing: Bool { echo != nil }

    private let echo: Terminal?
    private let nameWidth: Int
    private let time: any TimeSource
    private var isFailing = false

    /// With `echo` each line is also written to standard error.
    init(path: String, echo: Terminal?, names: [String], time: any TimeSource) throws(SystemError) {
        file = try RotatingFile(path: path)
        self.echo = echo
        self.time = time
        nameWidth = (names + [Self.ownName]).map(\.utf8.count).max() ?? 0
    }

    /// A line that a service wrote to its standard error.
    func line(_ text: String, from name: String) {
        keep(LogLine.hasForm(text) ? text : "\(time.wall()) notice \(name) \(text)")
        show(text, name, .quiet)
    }

    /// What millctl itself has to say.
    func note(_ level: String, _ message: String) {
        record(level, message)
        show(message, Self.ownName, level == "info" ? .good : level == "warning" ? .warning : .bad)
    }

    /// The same for the file alone, for what the terminal gets to see otherwise.
    func record(_ level: String, _ message: String) {
        keep("\(time.wall()) \(level) \(Self.ownName) \(message)")
    }

    private func show(_ text: String, _ name: String, _ tone: Tone) {
        guard let echo else { return }
        let label = echo.paint(DisplayText.padded(name, to: nameWidth, right: false) + " |", tone)
        Output.error("\(label) \(DisplayText.harmless(text))")
    }

    /// A log that cannot be written, for instance because the disk is full, is said once and stops nothing.
    private func keep(_ line: String) {
        do {
            try file.write(line)
            isFailing = false
        } catch {
            if !isFailing { show("log not written, continuing: \(error)", Self.ownName, .bad) }
            isFailing = true
        }
    }
}
