import Glibc

/// A named pipe at which processes wait for a line: each line that the test writes lets one of them go on, also one
/// that comes later.
///
/// In a shell: `read -r line <PATH`.
public final class HoldingPipe: Sendable {
    public let path: String
    private let descriptor: Int32

    public init(_ path: String) throws {
        self.path = path
        guard mkfifo(path, 0o666) == 0 else { throw TestFailure("mkfifo \(path): \(String(cString: strerror(errno)))") }
        // Open in both directions, so that neither side ever waits for the other to open it.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestFailure("open \(path): \(String(cString: strerror(errno)))") }
        chmod(path, 0o666)
    }

    deinit { close(descriptor) }

    /// Lets so many go on.
    public func release(_ count: Int = 1) {
        let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: count)
        precondition(write(descriptor, lines, count) == count)
    }
}
