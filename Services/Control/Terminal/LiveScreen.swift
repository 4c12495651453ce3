import Glibc
import Linux

/// The terminal as one screen that is drawn again and again, with keys that arrive as they are pressed.
///
/// It is a second screen: what stood on the terminal comes back with ``restore()``. Ctrl-C still is a signal; the keys
/// that stop a process or make it dump core are taken away, because they would leave the terminal as it is here.
final class LiveScreen: Sendable {
    private let input: Int32
    private let output: Int32
    /// The settings to go back to; nil once that is done.
    private let saved: Locked<termios?>

    /// - Throws: when input is no terminal.
    init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) throws(SystemError) {
        var settings = termios()
        guard tcgetattr(input, &settings) == 0 else { throw SystemError(errno: "tcgetattr") }
        self.input = input
        self.output = output
        saved = Locked(settings)
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        settings.c_lflag |= tcflag_t(ISIG)
        withUnsafeMutableBytes(of: &settings.c_cc) { keys in
            keys[Int(VMIN)] = 1
            keys[Int(VTIME)] = 0
            keys[Int(VSUSP)] = 0
            keys[Int(VQUIT)] = 0
        }
        // What was typed ahead is kept.
        guard tcsetattr(input, TCSADRAIN, &settings) == 0 else { throw SystemError(errno: "tcsetattr") }
        Output.write(Self.enter, to: output)
    }

    deinit { restore() }

    /// Second screen, no cursor, no wrapping of long lines; and back.
    static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
    static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// Columns and rows of this moment.
    var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Shows these lines from the top, and nothing else. Written at once, so that it does not flicker.
    func draw(_ lines: [String]) {
        saved.withLock { saved in
            guard saved != nil else { return }
            Output.write(Self.frame(lines), to: output)
        }
    }

    static func frame(_ lines: [String]) -> String {
        // Each line is emptied before it is written: behind a line that is full, the cursor stands on its last character.
        "\u{1B}[H" + lines.map { "\u{1B}[K" + $0 }.joined(separator: "\r\n")
            + (lines.isEmpty ? "\u{1B}[J" : "")
    }

    /// Puts everything back as it was. Nothing is drawn after that.
    func restore() {
        saved.withLock { saved in
            guard var settings = saved else { return }
            Output.write(Self.leave, to: output)
            tcsetattr(input, TCSAFLUSH, &settings)
            saved = nil
        }
    }
}
