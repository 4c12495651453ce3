import Glibc
import Linux
import TestSupport

/// A terminal of 80 columns and 24 rows: what programs write on it can be looked at, and keys can be pressed.
final class TestTerminal: Sendable {
    /// What was written so far.
    let screen = Watched("")
    /// The device, for a program's standard input and output.
    let path: String
    private let keyboard: Descriptor
    /// Held open: the terminal lives as long as somebody has it.
    private let device: Descriptor

    /// TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h.
    private static let setLock: UInt = 0x4004_5431, getNumber: UInt = 0x8004_5430

    init() throws {
        // What grantpt, unlockpt and ptsname of stdlib.h do.
        let raw = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: Int32 = 0, number: Int32 = 0
        guard raw >= 0, ioctl(raw, Self.setLock, &locked) == 0, ioctl(raw, Self.getNumber, &number) == 0 else {
            throw TestFailure("no terminal: \(String(cString: strerror(errno)))")
        }
        path = "/dev/pts/\(number)"
        keyboard = Descriptor(raw)
        device = Descriptor(open(path, O_RDWR | O_NOCTTY | O_CLOEXEC))
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        guard ioctl(raw, UInt(TIOCSWINSZ), &size) == 0 else { throw TestFailure("no size for the terminal") }
        let reader = try keyboard.duplicate(), screen = screen
        startThread {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(reader.raw, &buffer, buffer.count)
                if count <= 0 { return }
                let text = String(decoding: buffer[..<count], as: UTF8.self)
                screen.update { $0 += text }
            }
        }
    }

    /// Starts a command with this as its controlling terminal.
    func start(_ command: String, environment: [String: String?]) throws -> RunningProcess {
        try RunningProcess(
            ["sh", "-c", "exec setsid --wait --ctty \(command) < \(path) > \(path) 2>&1"],
            environment: environment)
    }

    func press(_ keys: String) throws { try keyboard.writeAll(Array(keys.utf8)) }

    func waitFor(_ text: String) async throws {
        try await screen.wait(within: .seconds(20), for: "\"\(text)\" on the terminal") { $0.contains(text) }
    }

    /// Whether lines are edited and keys are shown, as a shell expects it.
    var isAsAShellWantsIt: Bool {
        var settings = termios()
        guard tcgetattr(device.raw, &settings) == 0 else { return false }
        return settings.c_lflag & tcflag_t(ICANON) != 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }
}
