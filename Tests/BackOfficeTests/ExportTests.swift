import BackOffice
import JSONCodec
import Linux
import TestSupport
import Testing

@Suite struct ExportTests {
    @Test func ordersAndLinesHaveTheirColumns() async throws {
        let held = try await TemporaryBooks.holding(
            "e2 2025-01-02 ada kafi 0.1 Reviewed one, two", "e1 2025-01-02 ada kafi 0.2 Reviewed three",
            "e3 2025-02-02 ada nghe 1 Reviewed x", "e4 2025-01-02 bob kafi 8 Reviewed -")
        _ = try await LocalRun(held.books)(SyncParameters(month: .january))
        _ = try await LocalRun(held.books)(SyncParameters(month: Month("2025-02")!))

        #expect(
            String(decoding: try await held.export(.orders), as: UTF8.self) == """
                id,title,month,date,contractor,discord,status,lines,subtotal_hours
                ord-202501-ada,ORD :: ada :: 202501,2025-01,2025-01-31,ada,ada,Draft,1,0.3
                ord-202501-bob,ORD :: bob :: 202501,2025-01,2025-01-31,bob,bob,Draft,1,8
                ord-202502-ada,ORD :: ada :: 202502,2025-02,2025-02-28,ada,ada,Draft,1,1

                """)
        #expect(
            String(decoding: try await held.export(.lines, month: .january), as: UTF8.self) == """
                id,order,month,date,contractor,project,deployment,hours,status,entries,entry_ids,summary
                lin-202501-ada/kafi,ord-202501-ada,2025-01,2025-01-31,ada,kafi,ada/kafi,0.3,Pending Feedback,2,e1;e2,\
                "three

                one, two"
                lin-202501-bob/kafi,ord-202501-bob,2025-01,2025-01-31,bob,kafi,bob/kafi,8,Pending Feedback,1,e4,

                """)
        let lines = try JSON.decode(JSONValue.self, from: try await held.export(.lines, .json, month: .january))
        #expect(lines[0]?["hours"] == .number("0.3"))
        #expect(lines[0]?["entry_ids"] == ["e1", "e2"])
        #expect(lines.elements?.count == 2)
    }

    @Test(arguments: TableFormat.allCases)
    func whatIsExportedImportsUnchanged(format: TableFormat) async throws {
        let held = try await TemporaryBooks.sample()
        _ = try await BooksImport(.rates, format: .csv).run(SampleBooks.ratesCSV(), into: held.books)
        let copy = try TemporaryBooks()
        for table in [BooksTable.contractors, .projects, .deployments, .rates, .timesheets] {
            let bytes = try await held.export(table, format)
            let same = try await BooksImport(table, format: format).run(bytes, into: held.books)
            #expect((same.imported, same.updated, same.unchanged) == (0, 0, same.read))
            _ = try await BooksImport(table, format: format).run(bytes, into: copy.books)
            #expect(try await copy.export(table, format) == bytes)
        }
    }

    @Test(arguments: BooksTable.allCases, TableFormat.allCases)
    func emptyBooksExportAnEmptyTable(table: BooksTable, format: TableFormat) async throws {
        let bytes = try await TemporaryBooks().export(table, format)
        switch format {
        case .csv: #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        case .json: #expect(try JSON.decode(JSONValue.self, from: bytes) == [])
        }
    }

    @Test func aLongExportComesInChunks() async throws {
        let held = try TemporaryBooks()
        var csv = CSVWriter()
        csv.record(["id", "date", "contractor", "project", "hours", "text"])
        for number in 0..<3000 {
            csv.record(["e\(number)", "2025-01-10", "ada", "kafi", "1", String(repeating: "long ", count: 20)])
        }
        _ = try await BooksImport(.timesheets, format: .csv).run(csv.bytes, into: held.books)
        let sizes = Locked<[Int]>([])
        let count = try await BooksExport(.timesheets, format: .csv).run(from: held.books) { chunk in
            sizes.withLock { $0.append(chunk.count) }
        }
        #expect(count == 3000)
        #expect(sizes.withLock { $0.count } >= 5)
        #expect(sizes.withLock { $0.max()! } < 70_000)
    }

    @Test func aReaderThatGoesAwayEndsTheExport() async throws {
        let held = try await TemporaryBooks.sample()
        await #expect(throws: Fault.self) {
            try await BooksExport(.timesheets, format: .csv).run(from: held.books) { _ in throw Fault() }
        }
        #expect(try await held.export(.orders).count > 0, "the books go on")
    }

    @Test func viewsShowOrdersWithTheirLinesAndCountWhatThereIs() async throws {
        let held = try await TemporaryBooks.sample()
        _ = try await LocalRun(held.books)(SyncParameters(month: .january))
        let all = try await held.books.orders()
        #expect(all.count == 20)
        #expect(all.allSatisfy { $0.lines.count == 3 })
        #expect(all.map(\.discord) == SampleBooks.contractors)
        #expect(try await held.books.orders(month: Month("2025-02")!).isEmpty)
        #expect(try await held.books.orders(contractor: "mira").map(\.discord) == ["mira.holt"])
        let overview = try await held.books.overview()
        #expect((overview.contractors, overview.projects, overview.deployments) == (20, 60, 60))
        #expect((overview.orders, overview.lines) == (20, 60))
        #expect(overview.months.map(\.month) == [.january])
        #expect(overview.months.first?.entries == overview.entries)
        #expect(overview.months.first?.orders == 20)
    }
}
