import Glibc
import TestSupport

/// What the workers did, by their own account: the file that every `CrashWorker` appends to.
struct Effects {
    /// A part of a job, and which time it was given out.
    struct Lease: Hashable {
        var job: Int
        var item: Int
        var fence: Int
    }

    struct Effect {
        enum What: UInt8 {
            case started = 0x53  // S
            case done = 0x45  // E
            case refused = 0x52  // R
        }

        var what: What
        /// Nanoseconds of the monotonic clock.
        var at: Int
        var pid: pid_t
        var lease: Lease
    }

    private(set) var all: [Effect] = []
    /// What each process has received and not ended.
    private(set) var held: [pid_t: Set<Lease>] = [:]
    private let descriptor: Int32
    private var rest: [UInt8] = []

    init(_ path: String) {
        descriptor = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0o644)
    }

    func close() { _ = Glibc.close(descriptor) }

    /// Forgets what the process held: it is gone.
    mutating func forget(_ pid: pid_t) { held[pid] = nil }

    mutating func forgetAll() { held = [:] }

    /// Reads what has come since.
    mutating func update() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            rest += buffer[..<count]
            var start = 0
            while let end = rest[start...].firstIndex(of: 10) {
                if let effect = Self.parse(rest[start..<end]) { take(effect) }
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }

    private mutating func take(_ effect: Effect) {
        all.append(effect)
        if effect.what == .started {
            held[effect.pid, default: []].insert(effect.lease)
        } else {
            held[effect.pid]?.remove(effect.lease)
        }
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> Effect? {
        guard let first = line.first, let what = Effect.What(rawValue: first) else { return nil }
        var numbers: [Int] = []
        for byte in line.dropFirst() {
            if byte == 0x20 {
                numbers.append(0)
            } else {
                numbers[numbers.count - 1] = numbers.last! * 10 + Int(byte) - 48
            }
        }
        guard numbers.count == 5 else { return nil }
        return Effect(
            what: what, at: numbers[0], pid: pid_t(numbers[1]),
            lease: Lease(job: numbers[2], item: numbers[3], fence: numbers[4]))
    }

    /// The monotonic clock, which the workers read too.
    static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
