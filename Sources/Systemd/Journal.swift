import CSystemd
import Glibc
import Linux

/// The native protocol of the system's journal.
public enum Journal {
    /// Sends one entry. A field's name is of A–Z, 0–9 and "_", begins with a letter, and has at most 64 characters.
    ///
    /// False when it could not be sent. True proves only that there was no error: libsystemd answers the same where
    /// no journal runs.
    @discardableResult
    public static func send(_ fields: [(field: String, value: String)]) -> Bool {
        guard !fields.isEmpty else { return true }
        let texts = fields.map { Array("\($0.field)=\($0.value)".utf8) }
        let bytes = texts.reduce(0) { $0 + $1.count }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 1)
        defer { buffer.deallocate() }
        var start = 0
        let parts = texts.map { text in
            UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + text.count]).copyBytes(from: text)
            defer { start += text.count }
            return iovec(iov_base: buffer.baseAddress! + start, iov_len: text.count)
        }
        return sd_journal_sendv(parts, Int32(parts.count)) >= 0
    }

    /// Whether what is written to `descriptor` goes to the journal, as $JOURNAL_STREAM says ("device:inode").
    public static func isConnected(_ descriptor: Int32) -> Bool {
        guard let parts = Environment["JOURNAL_STREAM"]?.split(separator: ":", omittingEmptySubsequences: false),
            parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1])
        else { return false }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}
