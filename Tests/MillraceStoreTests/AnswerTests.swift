import Linux
import TestSupport
import Testing

@testable import MillraceStore

/// Answers that are given beside the writer.
struct AnswerTests {
    private let folder = TemporaryDirectory()

    private func entries(_ disk: FaultyDisk? = nil, _ adjust: (inout DatabaseOptions) -> Void = { _ in }) throws
        -> Database
    {
        try Database.entries(in: folder, disk: disk) { options in
            options.answersAside = true
            adjust(&options)
        }
    }

    @Test(arguments: [1, 3, 40, 5000]) func answersComeInTheOrderOfTheCallsWhateverTheirNumber(burst: Int) async throws
    {
        let database = try entries()
        let outcomes = Outcomes()
        var names: [String] = []
        while names.count < 10_000 {
            let gate = try await database.holdWriter()
            for _ in 0..<burst {
                let name = "entry \(names.count)"
                names.append(name)
                database.submit(.crash, { try $0.insert(name) }, completion: outcomes.hear(name))
            }
            gate.open()
            if burst < 100, names.count > 500 { break }
        }
        let heard = try await outcomes.all(names.count)
        #expect(heard.map(\.name) == names)
        #expect(heard.allSatisfy { $0.error == nil })
        database.close()
    }

    @Test func aRefusalKeepsItsPlaceAmongTheAnswers() async throws {
        let database = try entries()
        let outcomes = Outcomes()
        let gate = try await database.holdWriter()
        for number in 0..<100 {
            let name = "entry \(number / 2)"
            database.submit({ try $0.insert(name) }, completion: outcomes.hear("\(number)"))
        }
        gate.open()
        let heard = try await outcomes.all(100)
        #expect(heard.count { $0.error != nil } == 50)
        #expect(try await database.names().count == 50)
        database.close()
    }

    @Test func whatWasWrittenIsAnsweredBeforeTheEnd() async throws {
        let database = try entries()
        let outcomes = Outcomes()
        for number in 0..<3000 {
            database.submit(.crash, { try $0.insert("\(number)") }, completion: outcomes.hear("\(number)"))
        }
        try await offPool { database.close() }
        #expect(try await outcomes.all(3000).count == 3000)
    }
}
