import CSQLite
import Glibc

extension Database {
    /// Writes a consistent copy while others go on reading and writing. The copy appears at the path whole and synced,
    /// replacing what was there, or not at all. Blocks.
    public func backUp(to target: String) throws(StoreError) {
        let partial = target + ".partial"
        unlink(partial)
        do throws(StoreError) {
            try copy(to: partial)
            try Self.sync(partial)
            guard rename(partial, target) == 0 else { throw Self.failure("rename", target) }
            try Self.sync(String(target.lastIndex(of: "/").map { target[...$0] } ?? "."))
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// What SQLite finds wrong with the file, and rows whose foreign keys do not hold; empty when all is well. Reads the
    /// whole file on a connection of its own. Blocks.
    public func integrityCheck() throws(StoreError) -> [String] {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE)
        var problems = try connection.strings("PRAGMA integrity_check").filter { $0 != "ok" }
        problems += try connection.strings(
            "SELECT 'row ' || rowid || ' of ' || \"table\" || ' refers to no row of ' || parent"
                + " FROM pragma_foreign_key_check")
        return problems
    }

    private func copy(to target: String) throws(StoreError) {
        let source = try Connection(path: path, flags: SQLITE_OPEN_READWRITE)
        let copy = try Connection(path: target, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        guard let backup = sqlite3_backup_init(copy.handle, "main", source.handle, "main") else {
            throw StoreError(code: sqlite3_extended_errcode(copy.handle), message: "\(target): cannot back up")
        }
        // All pages in one step are one snapshot.
        let step = sqlite3_backup_step(backup, -1)
        let finish = sqlite3_backup_finish(backup)
        guard step == SQLITE_DONE, finish == SQLITE_OK else {
            let code = finish == SQLITE_OK ? step : finish
            throw StoreError(code: code, message: "\(target): back-up failed: \(String(cString: sqlite3_errstr(code)))")
        }
    }

    private static func sync(_ path: String) throws(StoreError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    private static func failure(_ call: String, _ path: String) -> StoreError {
        let number = errno
        return StoreError(
            number == ENOSPC ? .full : .ioError(call == "fsync" ? .fsync : .other),
            "\(call) \(path): \(String(cString: strerror(number)))")
    }
}
