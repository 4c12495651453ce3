import BackOffice
import Glibc
import Linux

/// Measures what the description of the systems before this one claims of timesheets, payouts, briefs and clinics, and writes
/// the table.
/// usage: Claims DOCUMENT; `make claims` calls it.
@main enum Main {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            _ = "usage: Claims DOCUMENT\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
            exit(EX_USAGE)
        }
        let scratch = try Scratch()
        let document = ClaimsDocument(tables: [
            try await TimesheetClaims(scratch: scratch).calls(), try await PayoutClaims(scratch: scratch).calls(),
            try await BriefClaims(scratch: scratch).calls(), try await ClinicClaims(scratch: scratch).calls(),
            try await TimesheetClaims(scratch: scratch).times(), try await PayoutClaims(scratch: scratch).times(),
            try await BriefClaims(scratch: scratch).times(), try await BriefClaims(scratch: scratch).synthetic(),
            try await ClinicClaims(scratch: scratch).times(),
        ])
        let path = CommandLine.arguments[1]
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError(number: errno, call: "create \(path)") }
        try Descriptor(descriptor).writeAll(Array(document.text.utf8))
        print(document.text)
    }
}

/// A folder for books that are made for the measurement and go with it.
final class Scratch: Sendable {
    private let folder: String
    private let next = Locked(0)

    init() throws {
        var name = Array("/var/tmp/millrace-claims.XXXXXX".utf8CString)
        guard let made = mkdtemp(&name).map({ String(cString: $0) }) else {
            throw SystemError(number: errno, call: "make a folder in /var/tmp")
        }
        folder = made
    }

    deinit {
        for number in 1...next.withLock({ $0 + 1 }) {
            for end in ["", "-wal", "-shm"] { unlink("\(folder)/books-\(number).sqlite\(end)") }
        }
        rmdir(folder)
    }

    /// Books of their own, and who counts the statements on them.
    func books() throws -> (SQLiteBooks, StatementCounter) {
        let number = next.withLock {
            $0 += 1
            return $0
        }
        let counter = StatementCounter()
        return (try SQLiteBooks(path: "\(folder)/books-\(number).sqlite", creates: true, counting: counter), counter)
    }
}
