import Glibc
import TestSupport

/// Callers who change a service side by side, each one change after the other on its connection, and write down what was
/// answered.
final class Writers: Sendable {
    /// What became of the changes.
    struct Account: Sendable {
        /// Answered with a result.
        var acknowledged: Set<Int> = []
        /// Answered with an error: the reasons, and how often.
        var refused: [String: Int] = [:]
        /// Sent, and not answered with a result: such a change may be there or not.
        var unsure: Set<Int> = []
        /// The longest that an answer took.
        var longest = Duration.zero
        var left = 0
    }

    let account: Watched<Account>
    private let isOver = Watched(false)

    /// - Parameters:
    ///   - each: changes of each writer, unless the service goes or they are stopped.
    ///   - first: the number of the first change; writers take theirs in turn.
    ///   - pause: microseconds between an answer and the next change.
    init(
        _ subject: Subject, _ service: LoneService, writers: Int = 4, each: Int = .max, first: Int, ballast: Int = 0,
        pause: UInt32 = 0
    ) {
        account = Watched(Account(left: writers))
        let account = account, isOver = isOver, socket = service.socket
        for writer in 0..<writers {
            startThread {
                defer { account.update { $0.left -= 1 } }
                guard let client = try? WireClient(socket, limit: .seconds(60)) else { return }
                var turn = 0
                while turn < each, !isOver.value {
                    let number = first + turn * writers + writer
                    turn += 1
                    let change = subject.change(number, ballast: number % 4 == 0 ? ballast : 0)
                    account.update { $0.unsure.insert(number) }
                    let begun = ContinuousClock.now
                    let reply = try? client.request(change.method, change.params, meta: change.meta)
                    guard let reply else { return }
                    let took = ContinuousClock.now - begun
                    account.update { account in
                        account.longest = max(account.longest, took)
                        if reply["error"] == .absent {
                            account.unsure.remove(number)
                            account.acknowledged.insert(number)
                        } else {
                            let error = reply["error"]
                            account.refused[error["data"]["reason"].string ?? "\(error)", default: 0] += 1
                        }
                    }
                    if pause > 0 { usleep(pause) }
                }
            }
        }
    }

    /// Waits until so many changes are answered, or all writers have ended.
    func reach(_ count: Int, within limit: Duration = .seconds(60)) async throws {
        try await account.wait(within: limit, for: "\(count) changes") {
            $0.acknowledged.count >= count || $0.left == 0
        }
    }

    /// Waits until all have ended by themselves.
    @discardableResult
    func ended(within limit: Duration = .seconds(120)) async throws -> Account {
        try await account.wait(within: limit, for: "the end of the writers") { $0.left == 0 }
    }

    /// Has them end after their change of now.
    func stop() async throws -> Account {
        isOver.update { $0 = true }
        return try await ended()
    }
}

/// What was acknowledged against what is there.
struct Reckoning: Sendable {
    var acknowledged = 0
    var lost: [Int] = []
    var doubled: [Int] = []
    /// There, and neither acknowledged nor sent.
    var invented: [Int] = []
    var integrity = "ok"

    var isRight: Bool { lost.isEmpty && doubled.isEmpty && invented.isEmpty && integrity == "ok" }

    /// - Parameter unsure: may be there or not.
    init(_ subject: Subject, _ database: String, acknowledged: Set<Int>, unsure: Set<Int>) async throws {
        let there = try await subject.changes(in: database)
        let present = Set(there)
        self.acknowledged = acknowledged.count
        lost = acknowledged.subtracting(present).sorted()
        invented = present.subtracting(acknowledged).subtracting(unsure).sorted()
        doubled = Dictionary(grouping: there) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        integrity = try await subject.integrity(of: database)
    }

    /// Of all that these writers have been told.
    init(_ subject: Subject, _ service: LoneService, _ account: Writers.Account) async throws {
        try await self.init(
            subject, service.database, acknowledged: account.acknowledged, unsure: account.unsure)
    }
}
