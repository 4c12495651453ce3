import Linux
import TestSupport
import Testing

@testable import MillraceStore

/// Bodies of all kinds in batches of all sizes end as if each had run alone, in order of arrival.
@Suite struct NeighbourTests {
    private let folder = TemporaryDirectory()
    private let disk = FaultyDisk()

    enum Step: Sendable {
        case insert(String)
        /// Inserts, then throws an error of its own.
        case insertAndThrow(String)
        /// Inserts both; a name that is there already is passed over.
        case insertSwallowing(String, String)
        case delete(String)
        case renameAll(suffix: String)
    }

    struct Refused: Error {}

    private static func run(_ step: Step, _ connection: Connection) throws -> Int {
        switch step {
        case .insert(let name):
            try connection.insert(name)
        case .insertAndThrow(let name):
            try connection.insert(name)
            throw Refused()
        case .insertSwallowing(let first, let second):
            try? connection.insert(first)
            try? connection.insert(second)
        case .delete(let name):
            try connection.run("DELETE FROM entry WHERE name = ?", .text(name))
        case .renameAll(let suffix):
            try connection.run("UPDATE entry SET name = name || ?", .text(suffix))
        }
        return try connection.integer("SELECT count(*) FROM entry")
    }

    /// What the step gives, or nil where it throws and changes nothing.
    private static func predict(_ step: Step, _ names: inout Set<String>) -> Int? {
        switch step {
        case .insert(let name):
            guard names.insert(name).inserted else { return nil }
        case .insertAndThrow:
            return nil
        case .insertSwallowing(let first, let second):
            names.insert(first)
            names.insert(second)
        case .delete(let name):
            names.remove(name)
        case .renameAll(let suffix):
            names = Set(names.map { $0 + suffix })
        }
        return names.count
    }

    private static func randomStep(using generator: inout SeededGenerator) -> Step {
        func name() -> String { "entry \(Int.random(in: 0..<30, using: &generator))" }
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<10: return .insert(name())
        case 10..<12: return .insertAndThrow(name())
        case 12..<15: return .insertSwallowing(name(), name())
        case 15..<19: return .delete(name())
        default: return .renameAll(suffix: "x")
        }
    }

    @Test(arguments: 1...8)
    func bodiesEndAsIfEachHadRunAlone(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let database = try Database.entries(in: folder, disk: disk)
        var model: Set<String> = []
        var expected: [Int?] = []
        let found = Watched<[Int?]>([])
        for _ in 0..<25 {
            let gate = try await database.holdWriter()
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let step = Self.randomStep(using: &generator)
                expected.append(Self.predict(step, &model))
                database.submit({ try Self.run(step, $0) }) { result in found.update { $0.append(try? result.get()) } }
            }
            gate.open()
            let heard = try await found.wait(for: "a batch") { [count = expected.count] in $0.count == count }
            try #require(heard == expected)
            try #require(try await Set(database.names()) == model)
        }
        #expect(database.statistics.replays > 5)
        #expect(try DatabaseFile(database.path).problems() == [])
    }
}
