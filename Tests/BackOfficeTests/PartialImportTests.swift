import JSONCodec
import Linux
import Tables
import TestSupport
import Testing

@testable import BackOffice

/// What a file says nothing of stays in the books as it is.
@Suite struct PartialImportTests {
    /// A record of each table, with a value in every field that is none it would have by itself.
    private static let records: [BooksTable: [String: String]] = [
        .contractors: ["id": "ada", "discord": "ada.l", "name": "Ada L."],
        .projects: ["id": "kafi", "code": "kf", "name": "Kafi"],
        .deployments: ["id": "d1", "contractor": "ada", "project": "kafi", "status": "Ended"],
        .rates: [
            "id": "r1", "contractor": "ada", "status": "Paused", "start_date": "2025-12-15", "end_date": "2025-12-31",
            "payday": "15", "billing_type": "Monthly Fixed", "monthly_fixed": "1000", "hourly_rate": "7.5",
            "gross_fixed": "1200", "currency": "USD",
        ],
        .positions: ["contractor": "ada", "position": "Lead"],
        .timesheets: [
            "id": "e1", "date": "2025-12-03", "contractor": "ada", "project": "kafi", "hours": "7.5", "text": "doors",
            "status": "Reviewed", "title": "Doors of the mill",
        ],
        .refunds: [
            "id": "f1", "amount": "5", "currency": "USD", "contractor": "ada", "status": "Approved", "refund_id": "F-1",
            "reason": "Travel", "description": "train", "formatted_description": "a train", "details": "to the mill",
            "date_requested": "2025-12-04",
        ],
        .splits: [
            "id": "s1", "name": "Sale", "amount": "6", "currency": "USD", "person": "ada", "type": "Fee",
            "status": "Pending", "auto_name": "Sale of a mill", "role": "Sales", "month": "2025-12-01",
            "description": "one mill",
        ],
        .payouts: [
            "id": "p1", "name": "Refund", "amount": "5", "currency": "USD", "person": "ada", "status": "Paid",
            "date": "2025-12-05", "paid_date": "2025-12-06", "description": "train", "source_kind": "refund",
            "source_id": "f1", "rate": "r1",
        ],
        .clinics: [
            "id": "c1", "url": "https://clinic.example/api", "credential": "c1-login", "zone": "Europe/Berlin",
            "access": "pages",
        ],
        .appointments: [
            "appointment_id": "a1", "appointment_day": "2025-12-08", "clinic": "c1", "patient_key": "BELLA",
            "scheduled_at": "2025-12-01T10:00:00Z", "sms_received": "1", "no_show": "0", "start": "16:15",
            "end": "16:30", "client": "D. A.", "phone": "+14085095710", "provider": "DR. G.", "type": "Exam",
            "status": "completed",
        ],
    ]
    /// What cannot be there without a field.
    private static let parts = ["source_kind": "source_id", "source_id": "source_kind", "start": "end"]

    private func held() async throws -> TemporaryBooks {
        let held = try TemporaryBooks()
        for table in BooksTable.allCases where table.importable {
            let record = try #require(Self.records[table])
            #expect(Set(record.keys) == Set(table.importFields.map(\.name)), "a field of \(table) has no value")
            let report = try await take(record, table, into: held)
            #expect(report.imported == 1, "\(table): \(report)")
        }
        return held
    }

    private func take(
        _ record: [String: String], _ table: BooksTable, as format: TableFormat = .csv, into held: TemporaryBooks
    ) async throws -> ImportReport {
        let fields = record.sorted { $0.key < $1.key }
        var csv = CSVWriter()
        csv.record(fields.map(\.key))
        csv.record(fields.map(\.value))
        let json = JSONValue.array([.object(fields.map { JSONMember($0.key, .string($0.value)) })])
        return try await BooksImport(table, format: format)
            .run(format == .csv ? csv.bytes : JSON.encode(json), into: held.books)
    }

    @Test(arguments: TableFormat.allCases) func aFileWithoutAnyOneColumnChangesNothing(format: TableFormat) async throws
    {
        let held = try await held()
        for (table, record) in Self.records {
            for field in table.importFields where !field.needed {
                let gone = [field.name, Self.parts[field.name]]
                let report = try await take(
                    record.filter { !gone.contains($0.key) }, table, as: format, into: held)
                #expect(report.unchanged == 1, "\(table) without \(field.name): \(report)")
            }
        }
    }

    @Test func aRateKeepsItsDaysAndStillEndsAfterItStarts() async throws {
        let held = try await held()
        try await held.take(.rates, "id,contractor,payday,monthly_fixed\nr1,ada,15,2000\n")
        #expect(
            try await held.text("SELECT start_date || ' ' || end_date || ' ' || monthly_fixed FROM contractor_rate")
                == "2025-12-15 2025-12-31 2000")
        let refused = await #expect(throws: ImportRefused.self) {
            try await held.take(.rates, "id,contractor,payday,start_date\nr1,ada,15,2026-02-01\n")
        }
        #expect(
            refused?.report.problems.map(\.description) == [
                "line 2, column 1: the rate would end on 2025-12-31, before it starts on 2026-02-01"
            ])
        try await held.take(.rates, "id,contractor,payday,start_date,end_date\nr1,ada,15,2026-02-01,\n")
        #expect(try await held.text("SELECT start_date || coalesce(end_date, '') FROM contractor_rate") == "2026-02-01")
    }

    private func title(_ held: TemporaryBooks) async throws -> String? {
        try await held.text("SELECT title FROM timesheet_entry")
    }

    @Test func aTitleThatWasToldStaysUntilAnotherIsAndOneOfTheBooksOwnFollowsItsEntry() async throws {
        let held = try await held()
        let file = "id,date,contractor,project,hours\ne1,2025-12-04,ada,kafi,8\n"
        try await held.take(.timesheets, file)
        #expect(try await title(held) == "Doors of the mill")
        try await held.take(.timesheets, "id,date,contractor,project,hours,title\ne1,2025-12-04,ada,kafi,8, \n")
        #expect(try await title(held) == "kf :: ada.l :: Dec 4 - 8h", "an empty one is told, and means the books' own")
        try await held.take(.timesheets, "id,date,contractor,project,hours\ne1,2025-12-05,ada,kafi,6\n")
        #expect(try await title(held) == "kf :: ada.l :: Dec 5 - 6h")
        let again = "id,date,contractor,project,hours,title\ne1,2025-12-05,ada,kafi,7,kf :: ada.l :: Dec 5 - 6h\n"
        for _ in 1...2 {
            try await held.take(.timesheets, again)
            #expect(try await title(held) == "kf :: ada.l :: Dec 5 - 6h", "what the file tells is believed")
        }
    }

    @Test func titlesOfTheBooksOwnFollowTheNamesOfProjectsAndContractors() async throws {
        let held = try await held()
        try await held.take(
            .timesheets,
            "id,date,contractor,project,hours,title\ne1,2025-12-03,ada,kafi,8,Doors\ne2,2025-12-04,ada,kafi,1,\n")
        try await held.take(.projects, "id,code\nkafi,mill\n")
        try await held.take(.contractors, "id,discord\nada,ada.m\n")
        #expect(
            try await held.text("SELECT group_concat(title, '|') FROM (SELECT title FROM timesheet_entry ORDER BY id)")
                == "Doors|mill :: ada.m :: Dec 4 - 1h")
    }

    @Test func anEntryOfJSONKeepsWhoseItIsAndItsDay() async throws {
        let held = try await held()
        let report = try await BooksImport(.timesheets, format: .json).run(
            Array(#"[{"id": "e1", "hours": 7.5}]"#.utf8), into: held.books)
        #expect((report.unchanged, report.notes) == (1, []))
        let emptied = try await BooksImport(.timesheets, format: .json).run(
            Array(#"[{"id": "e1", "hours": 7.5, "date": null, "project": null}]"#.utf8), into: held.books)
        #expect(
            emptied.notes == [
                "entries without project, which count in no order: 1",
                "entries without a day, which count in no month: 1",
            ])
        #expect(
            try await held.text("SELECT contractor || coalesce(date, '') || coalesce(project, '') FROM timesheet_entry")
                == "ada")
    }

    @Test func anAppointmentStillEndsAfterItStarts() async throws {
        let held = try await held()
        let refused = await #expect(throws: ImportRefused.self) {
            try await held.take(
                .appointments, "appointment_id,appointment_day,clinic,start\na1,2025-12-08,c1,17:00\n")
        }
        #expect(
            refused?.report.problems.map(\.message) == [
                "the appointment 'a1' would end at 16:30, not after its start at 17:00"
            ])
        try await held.take(.appointments, "appointment_id,appointment_day,clinic,end\na1,2025-12-08,c1,16:45\n")
        #expect(
            try await held.text("SELECT start_time || end_time FROM schedule_appointment") == "16:15:0016:45:00")
    }

    /// As an empty field of CSV.
    @Test func aNullOfJSONEmptiesItsField() async throws {
        let held = try await held()
        _ = try await BooksImport(.rates, format: .json).run(
            Array(#"[{"id": "r1", "contractor": "ada", "payday": 15, "end_date": null}]"#.utf8), into: held.books)
        #expect(
            try await held.text("SELECT start_date || coalesce(end_date, '') FROM contractor_rate") == "2025-12-15")
    }
}
