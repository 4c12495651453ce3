import BackOffice
import TestSupport
import Testing

@testable import BackOffice

@Suite struct AppointmentImportTests {
    private let file = """
        appointment_id,patient_key,scheduled_at,appointment_day,clinic,sms_received,no_show
        5134197,3b7c97a4e2,2015-12-07T10:40:59Z,2016-06-03,SÃO CRISTÓVÃO,1,yes
        5134220,ffabd478a5,2015-12-07T10:42:42Z,2016-06-03,MARUÍPE,1,no

        """

    private func take(_ text: String, _ books: SQLiteBooks) async throws -> ImportReport {
        try await BooksImport(.appointments, format: .csv).run(Array(text.utf8), into: books)
    }

    @Test func theFileOfTheDataIsTakenAsItIsAndASecondTimeChangesNothing() async throws {
        let held = try TemporaryBooks()
        #expect(try await take(file, held.books).imported == 2)
        #expect(try await take(file, held.books).unchanged == 2)
        #expect(try await held.books.clinics().map(\.id) == ["MARUÍPE", "SÃO CRISTÓVÃO"])
        let rows = Table(csv: String(decoding: try await held.export(.appointments), as: UTF8.self)).rows
        #expect(rows.map { $0["appointment_id"]! } == ["5134220", "5134197"])
        #expect((rows[1]["no_show"], rows[1]["sms_received"], rows[1]["patient_key"]) == ("yes", "1", "3b7c97a4e2"))
        #expect((rows[1]["scheduled_at"], rows[1]["status"]) == ("2015-12-07T10:40:59Z", "no_show"))
    }

    @Test(arguments: TableFormat.allCases)
    func whatIsExportedImportsUnchanged(format: TableFormat) async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(
            .monday, .example("a"), .example("b", at: "noon", until: ""), .example("c", status: .completed),
            .example("d", status: .noShow))
        try await harness.run()
        let copy = try TemporaryBooks()
        for table in [BooksTable.clinics, .appointments] {
            let bytes = try await harness.held.export(table, format)
            let same = try await BooksImport(table, format: format).run(bytes, into: harness.books)
            #expect((same.imported, same.updated, same.unchanged) == (0, 0, same.read), "\(table)")
            #expect(same.read > 0)
            _ = try await BooksImport(table, format: format).run(bytes, into: copy.books)
            #expect(try await copy.export(table, format) == bytes, "\(table)")
        }
        for table in [BooksTable.slots, .bookings, .syncs] {
            #expect(try await harness.held.export(table, format).count > 2)
        }
    }

    @Test func afterAnImportTheCalendarHasTheLastWord() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"))
        try await harness.run()
        _ = try await take("appointment_id,appointment_day,clinic,patient_key\na,2026-03-02,vet,REX\n", harness.books)
        #expect(try await harness.rows() == ["a 2026-03-02 09:00:00 REX"])
        #expect(try await harness.run().stats.appointmentsUpdated == 1)
        #expect(try await harness.rows() == ["a 2026-03-02 09:00:00 BELLA"])
    }

    @Test func whatIsDeletedIsNoAppointmentOfAnExport() async throws {
        let harness = try await ClinicHarness()
        harness.calendar.set(.monday, .example("a"), .example("b"))
        try await harness.run()
        harness.calendar.set(.monday, .example("a"))
        try await harness.run()
        let text = String(decoding: try await harness.held.export(.appointments), as: UTF8.self)
        #expect(Table(csv: text).rows.count == 1)
        let all = try await harness.books.appointments(of: "vet", from: .monday, to: .monday, deleted: true)
        #expect(all.map { $0.deletedAt == nil } == [true, false])
    }

    @Test func whatIsWrongInAFileIsToldWithItsPlace() async throws {
        let held = try TemporaryBooks()
        let text = """
            appointment_id,appointment_day,clinic,no_show,start,end
            1,2016-02-30,A,no,,
            ,2016-02-01,A,no,,
            3,2016-02-01,,perhaps,9:00,8:00
            """
        let refused = await #expect(throws: ImportRefused.self) { try await take(text, held.books) }
        #expect(
            refused?.report.problems.map { "\($0.line) \($0.field ?? "")" } == [
                "2 appointment_day", "3 appointment_id", "4 clinic", "4 no_show", "4 end",
            ])
    }
}
