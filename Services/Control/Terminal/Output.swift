import Glibc
import Linux

/// Standard output and standard error, written at once and whole.
enum Output {
    static func line(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }
    static func text(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Writes everything. When the reader of standard output is gone, as in `millctl … | head`, the command ends
    /// quietly; when the output cannot be written, for instance because the disk is full, it ends with `EX_IOERR`.
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                if count >= 0 { written += count; continue }
                switch errno {
                case EINTR: continue
                case EAGAIN:
                    var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&wish, 1, -1)
                case _ where descriptor != STDOUT_FILENO: return
                case EPIPE: _exit(128 + SIGPIPE)
                default:
                    let problem = SystemError(number: errno, call: "write to standard output")
                    error("millctl: \(problem)")
                    _exit(EX_IOERR)
                }
            }
        }
    }
}

extension Output {
    static func table(_ table: Table, _ terminal: Terminal) {
        for line in table.lines(for: terminal) { Output.line(line) }
    }
}

extension Output {
    static func lines(_ lines: [String]) {
        for line in lines { Output.line(line) }
    }
}
