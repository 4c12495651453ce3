import CLinux
import Glibc
import Synchronization

/// Owns a file descriptor: closes it once, at the latest when the last reference goes.
public final class Descriptor: Sendable, CustomStringConvertible {
    private let number: Atomic<Int32>

    /// Takes ownership of an open descriptor.
    public init(_ raw: Int32) {
        number = Atomic(raw)
    }

    deinit { close() }

    /// The descriptor's number; -1 once it is closed or released. Keep the owner alive while the number is used.
    public var raw: Int32 { number.load(ordering: .acquiring) }

    public var isOpen: Bool { raw >= 0 }

    /// Closes now; further calls do nothing.
    public func close() {
        let raw = release()
        // EINTR is no failure here: Linux has closed the descriptor all the same.
        if raw >= 0 { _ = Glibc.close(raw) }
    }

    /// Gives ownership away; -1 if it is gone already.
    public func release() -> Int32 {
        number.exchange(-1, ordering: .acquiringAndReleasing)
    }

    public var description: String { "fd \(raw)" }

    /// A second descriptor for the same open file, close-on-exec.
    public func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(try retrying("dup") { fcntl(raw, F_DUPFD_CLOEXEC, 3) })
    }

    /// Reads at most `buffer.count` bytes; 0 at the end of the stream.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try retrying("read") { Glibc.read(raw, buffer.baseAddress, buffer.count) }
    }

    /// Reads to the end of the stream.
    public func readToEnd() throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var count = 1
        while count > 0 {
            bytes.reserveCapacity(max(4096, bytes.count * 2))
            let chunk = try Self.chunk { (buffer) throws(SystemError) in try read(into: buffer) }
            count = chunk.count
            bytes += chunk
        }
        return bytes
    }

    /// Writes everything, however many calls that takes. For blocking descriptors.
    public func writeAll(_ bytes: some Sequence<UInt8>) throws(SystemError) {
        try writeAll(Array(bytes))
    }

    public func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var sent = 0
        while sent < bytes.count {
            sent += try retrying("write") {
                bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress! + sent, bytes.count - sent) }
            }
        }
    }

    /// Has the kernel begin to write these bytes of a file to the disk. Nothing is waited for, and nothing is on disk on
    /// return: a sync that follows just finds less to do.
    public func beginWriting(_ bytes: Range<Int>) throws(SystemError) {
        try retrying("sync_file_range") {
            millrace_begin_writing(raw, Int64(bytes.lowerBound), Int64(bytes.count))
        }
    }

    /// Sets or clears O_NONBLOCK, which all duplicates share.
    public func setNonBlocking(_ on: Bool) throws(SystemError) {
        let flags = try retrying("fcntl F_GETFL") { fcntl(raw, F_GETFL) }
        try retrying("fcntl F_SETFL") { fcntl(raw, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) }
    }

    private static func chunk(
        _ read: (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int
    ) throws(SystemError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer { buffer.deallocate() }
        let count = try read(buffer)
        return Array(buffer[..<count])
    }
}
