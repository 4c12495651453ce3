import BackOffice
import JSONCodec
import Notion
import NotionBooks
import TestSupport
import Testing

/// Names and positions of contractors, read by somebody who reads for all, as the preloader does.
@Suite(.serialized) struct BulkPeopleTests {
    private struct Broken: Error {}

    /// Pays a company of five by books whose contractors `rows` reads; answers the orders, the positions, and how many
    /// pages of contractors were read.
    private func read(
        _ rows: @escaping @Sendable ([String], [String: JSONRaw]) throws -> [String: JSONRaw]
    ) async throws -> (names: Set<String?>, positions: Set<[String]>, pages: Int) {
        try await BooksHarness.run(PayoutTests.Payroll(5).company) { harness in
            let contractors = try #require(harness.company.ids[.contractors])
            let source = try await harness.client.source(contractors)
            let pages = try await harness.client.all(NotionQuery(source.id))
            let all = Dictionary(uniqueKeysWithValues: pages.map { ($0.id.description, JSONRaw($0)) })
            harness.simulator.resetCounts()
            let books = harness.books.serving(harness.client, log: .silent) { ids in try rows(ids, all) }
            let orders = try await books.payableOrders(PayableOrderQuery())
            let positions = try await books.positions(of: orders.compactMap(\.contractor))
            return (
                Set(orders.map(\.contractorName)), Set(positions.values),
                harness.simulator.counts.filter { $0.key.hasPrefix("GET pages") }.values.reduce(0, +)
            )
        }
    }

    private let names = Set((1...5).map { Optional("Contractor \($0)") })

    @Test func whoIsReadInBulkCostsNoPage() async throws {
        let read = try await read { ids, all in all.filter { ids.contains($0.key) } }
        #expect(read.names == names && read.positions == [["Engineer"]])
        #expect(read.pages == 0)
    }

    @Test func whomTheOtherDoesNotKnowIsReadByHisPage() async throws {
        let read = try await read { ids, all in all.filter { $0.key != ids[0] } }
        #expect(read.names == names && read.positions == [["Engineer"]])
        #expect(read.pages == 1)
    }

    @Test func withoutHimAndWithRowsOfAnotherTableEachPageIsRead() async throws {
        let broken = try await read { _, _ in throw Broken() }
        #expect(broken.names == names && broken.pages == 5)
        let foreign = try await read { ids, _ in
            Dictionary(uniqueKeysWithValues: ids.map { ($0, JSONRaw(["properties": ["Team": "red"]] as JSONValue)) })
        }
        #expect(foreign.names == names && foreign.positions == [["Engineer"]] && foreign.pages == 5)
    }
}
