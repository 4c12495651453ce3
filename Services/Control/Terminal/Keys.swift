import Glibc
import Linux

/// A key as a command for a live screen takes it.
enum Key: Hashable, Sendable {
    case character(Character)
    case left, right, up, down
    case escape

    /// The keys in what one read gave; sequences that mean none of these are passed over.
    static func all(in bytes: some Collection<UInt8>) -> [Key] {
        var keys: [Key] = [], rest = Array(bytes)[...]
        while let byte = rest.popFirst() {
            guard byte == 0x1B else {
                if byte >= 0x20, byte < 0x7F { keys.append(.character(Character(Unicode.Scalar(byte)))) }
                continue
            }
            guard let introducer = rest.first, introducer == UInt8(ascii: "[") || introducer == UInt8(ascii: "O")
            else {
                keys.append(.escape)
                continue
            }
            rest.removeFirst()
            // Parameters, then one byte that says which.
            while let next = rest.first, (0x20..<0x40).contains(next) { rest.removeFirst() }
            switch rest.popFirst() {
            case UInt8(ascii: "A"): keys.append(.up)
            case UInt8(ascii: "B"): keys.append(.down)
            case UInt8(ascii: "C"): keys.append(.right)
            case UInt8(ascii: "D"): keys.append(.left)
            default: break
            }
        }
        return keys
    }

    /// Reads keys on a thread of its own, for as long as the process lives.
    static func listen(_ input: Int32 = STDIN_FILENO, _ pressed: @escaping @Sendable (Key?) -> Void) throws(SystemError)
        -> WorkerThread
    {
        try WorkerThread("keys") {
            var buffer = [UInt8](repeating: 0, count: 64)
            while true {
                let count = read(input, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                // The terminal has gone.
                if count <= 0 { return pressed(nil) }
                for key in all(in: buffer[..<count]) { pressed(key) }
            }
        }
    }
}
