import Glibc

/// Writes to a descriptor that somebody else owns, such as standard output.
enum RawOutput {
    /// In one write as a rule, so that lines of several processes do not mingle. What cannot be written is given up.
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
                if count > 0 { sent += count } else if errno != EINTR { return }
            }
        }
    }
}
