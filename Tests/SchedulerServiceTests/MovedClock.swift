import Glibc
import TestSupport

/// The wall clock of one process, moved for real: the process is shown another time by a library that is loaded before its own,
/// and the kernel tells it that the clock was set, for somebody sets it, by a nanosecond there and back.
final class MovedClock: Sendable {
    /// Why no clock can be moved here; nil where one can.
    static let hindrance: String? = {
        guard Binary.exist("libMovedClock.so") else { return "libMovedClock.so is not built" }
        guard access("/usr/bin/python3", X_OK) == 0 else { return "python3 is not installed" }
        // Bit 25 is CAP_SYS_TIME.
        let effective = text(of: "/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let bits = effective.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
        return bits & (1 << 25) == 0 ? "may not set the clock" : nil
    }()

    private let path: String

    init(_ folder: TemporaryDirectory) throws {
        path = folder.file("moved-clock")
        try write(0)
    }

    /// What the process has to be started with.
    var environment: [String: String?] {
        ["LD_PRELOAD": Binary.path("libMovedClock.so"), "MOVED_CLOCK": path]
    }

    /// Has the process's clock show so much more, or less, than the machine's from now on.
    func move(by shift: Duration) async throws {
        try write(shift.components.seconds * 1_000_000_000)
        // adjtimex(2) with ADJ_SETOFFSET and ADJ_NANO: a nanosecond forward, and back again.
        let script = """
            import ctypes, struct
            for second, nanosecond in (0, 1), (-1, 999999999):
                change = bytearray(208)
                struct.pack_into("<I", change, 0, 0x2100)
                struct.pack_into("<qq", change, 72, second, nanosecond)
                if ctypes.CDLL(None, use_errno=True).adjtimex((ctypes.c_char * 208).from_buffer(change)) < 0:
                    raise OSError(ctypes.get_errno())
            """
        try await check(["python3", "-c", script])
    }

    /// In place, for the process looks at these bytes.
    private func write(_ nanoseconds: Int64) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(file) }
        var bytes = nanoseconds.littleEndian
        guard file >= 0, pwrite(file, &bytes, 8, 0) == 8 else { throw TestFailure("\(path) cannot be written") }
    }
}
