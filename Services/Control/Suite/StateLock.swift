import Glibc
import Linux

/// The lock that makes one `millctl up` the only one on its state. It goes with the process, however that ends.
final class StateLock {
    private let path: String
    private let file: Descriptor

    /// Takes the lock and writes this process's id; nil when another process holds it.
    static func take(_ path: String) throws(SystemError) -> StateLock? {
        while true {
            let file = try open(path, flags: O_RDWR | O_CREAT)
            guard flock(file.raw, LOCK_EX | LOCK_NB) == 0 else {
                if errno == EWOULDBLOCK { return nil }
                throw SystemError(number: errno, call: "flock \(path)")
            }
            // The holder before us may have removed the name between our open and our lock.
            guard isNamed(file, path) else { continue }
            ftruncate(file.raw, 0)
            try file.writeAll("\(getpid())\n".utf8)
            return StateLock(path, file)
        }
    }

    /// Who holds the lock; nil when nobody does.
    static func holder(_ path: String) throws(SystemError) -> pid_t? {
        let file: Descriptor
        do {
            file = try open(path, flags: O_RDONLY)
        } catch {
            if error.number == ENOENT { return nil }
            throw error
        }
        if flock(file.raw, LOCK_SH | LOCK_NB) == 0 { return nil }
        guard errno == EWOULDBLOCK else { throw SystemError(number: errno, call: "flock \(path)") }
        return try pid(in: file, path)
    }

    /// The holder writes its id right after taking the lock, so it may have to be waited for.
    private static func pid(in file: Descriptor, _ path: String) throws(SystemError) -> pid_t {
        for _ in 0..<1000 {
            lseek(file.raw, 0, SEEK_SET)
            let text = String(decoding: try file.readToEnd(), as: UTF8.self)
            if text.hasSuffix("\n"), let pid = pid_t(text.dropLast()) { return pid }
            usleep(1000)
        }
        throw SystemError(number: EBADMSG, call: "read \(path)")
    }

    private init(_ path: String, _ file: Descriptor) {
        self.path = path
        self.file = file
    }

    deinit {
        // Before the lock goes, or we might remove the name of the next holder's file.
        unlink(path)
    }

    private static func open(_ path: String, flags: Int32) throws(SystemError) -> Descriptor {
        let raw = Glibc.open(path, flags | O_CLOEXEC, 0o640)
        guard raw >= 0 else { throw SystemError(number: errno, call: "open \(path)") }
        return Descriptor(raw)
    }

    private static func isNamed(_ file: Descriptor, _ path: String) -> Bool {
        var open = stat(), named = stat()
        return fstat(file.raw, &open) == 0 && stat(path, &named) == 0 && open.st_ino == named.st_ino
            && open.st_dev == named.st_dev
    }
}
