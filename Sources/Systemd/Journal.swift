import CLinux
import Glibc
import Linux

/// The journal's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), spoken to its socket.
///
/// Not by way of libsystemd: that brings six more libraries into each process, among them three compressors and a
/// cipher, which cost a tenth of a service's start and a mebibyte.
public enum Journal {
    /// Sends one entry. A field's name is of A–Z, 0–9 and "_", begins with a letter, and has at most 64 characters.
    ///
    /// False when it could not be sent. Where there is no journal at all nothing is sent, and that is no failure.
    @discardableResult
    public static func send(_ fields: [(field: String, value: String)]) -> Bool {
        send(fields, to: "/run/systemd/journal/socket")
    }

    static func send(_ fields: [(field: String, value: String)], to path: String) -> Bool {
        guard !fields.isEmpty else { return true }
        let entry = encode(fields)
        do throws(SystemError) {
            let socket = try socket.get()
            do throws(SystemError) {
                try socket.send(entry, to: path)
            } catch {
                // What is too long for a datagram goes as a file, which nobody may change any more.
                guard error.number == EMSGSIZE || error.number == ENOBUFS else { throw error }
                try socket.send([], with: try sealed(entry), to: path)
            }
            return true
        } catch {
            return error.number == ENOENT
        }
    }

    /// Waits until the journal has taken in all entries sent so far; for a process that is about to end.
    ///
    /// The journal looks up whose an entry is by the number of the process that sent it. It finds nothing when that process
    /// is gone by then, and `journalctl --unit` does not show the entry: the last words of a service that cannot start are
    /// lost just where they are looked for.
    ///
    /// A process whose standard error is not the journal has sent nothing to it, and waits for nothing.
    ///
    /// - Parameter limit: how long to wait at most, for a journal that hangs.
    public static func settle(within limit: Duration = .seconds(2)) {
        guard isConnected(STDERR_FILENO) else { return }
        _ = settle(with: "/run/systemd/journal/socket", within: limit)
    }

    /// - Returns: whether all was taken in.
    static func settle(with path: String, within limit: Duration) -> Bool {
        guard let socket = try? socket.get() else { return false }
        // Messages are taken one at a time: with this one, which says nothing and is passed over, all before it are done.
        return socket.sendAndWaitUntilReceived([], to: path, within: limit)
    }

    private static let socket = Result { () throws(SystemError) in try DatagramSocket() }

    /// A line "NAME=value" for each field; a value with a line end in it stands behind its length.
    static func encode(_ fields: [(field: String, value: String)]) -> [UInt8] {
        var entry: [UInt8] = []
        for (field, value) in fields {
            entry += field.utf8
            if value.utf8.contains(UInt8(ascii: "\n")) {
                entry.append(UInt8(ascii: "\n"))
                let length = UInt64(value.utf8.count)
                for byte in 0..<8 { entry.append(UInt8(truncatingIfNeeded: length >> UInt64(8 * byte))) }
            } else {
                entry.append(UInt8(ascii: "="))
            }
            entry += value.utf8
            entry.append(UInt8(ascii: "\n"))
        }
        return entry
    }

    private static func sealed(_ bytes: [UInt8]) throws(SystemError) -> Descriptor {
        Descriptor(
            try retrying("memfd_create") {
                bytes.withUnsafeBytes { millrace_sealed_file("journal-entry", $0.baseAddress, $0.count) }
            })
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
