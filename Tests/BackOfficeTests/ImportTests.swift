import JSONCodec
import Linux
import TestSupport
import Testing

@testable import BackOffice

@Suite struct ImportTests {
    private func take(
        _ text: String, _ table: BooksTable = .timesheets, format: TableFormat = .csv, map: String = "",
        status: TimesheetEntry.Status? = nil, skipBad: Bool = false, into held: TemporaryBooks
    ) async throws -> ImportReport {
        try await BooksImport(
            table, format: format, mapping: ColumnMapping(map, for: table), status: status, skipBad: skipBad
        ).run(Array(text.utf8), into: held.books)
    }

    private func refusal(
        _ text: String, _ table: BooksTable = .timesheets, format: TableFormat = .csv, map: String = "",
        skipBad: Bool = false, into held: TemporaryBooks? = nil
    ) async throws -> ImportReport {
        let held = try held ?? TemporaryBooks()
        let version = try await held.version()
        let refused = await #expect(throws: ImportRefused.self) {
            try await take(text, table, format: format, map: map, skipBad: skipBad, into: held)
        }
        #expect(try await held.version() == version, "nothing may be imported")
        return try #require(refused).report
    }

    // MARK: Timesheets

    @Test func timesheetsBringTheirContractorsProjectsAndDeployments() async throws {
        let held = try TemporaryBooks()
        let report = try await take(
            #"""
            entry_id,who,person,project,person_hours,completed_on,summary
            1,x,ada,kafi,7.50,2025-01-02,"doors, ""two"""
            2,x,bob,kafi,0.25,2025-01-03,
            3,x,ada,kafi,1,2025-01-04,windows
            """#,
            map: "contractor=person,project=project,date=completed_on,hours=person_hours,text=summary,id=entry_id",
            status: .reviewed, into: held)

        #expect((report.read, report.imported, report.updated, report.unchanged, report.skipped) == (3, 3, 0, 0, 0))
        #expect(report.createdContractors == ["ada", "bob"])
        #expect(report.createdProjects == ["kafi"])
        #expect(report.createdDeployments == ["ada/kafi", "bob/kafi"])
        #expect(report.notes == ["not used: who"])
        #expect(
            String(decoding: try await held.export(.timesheets), as: UTF8.self) == #"""
                id,date,contractor,project,hours,status,title,text
                1,2025-01-02,ada,kafi,7.5,Reviewed,kafi :: ada :: Jan 2 - 7.5h,"doors, ""two"""
                2,2025-01-03,bob,kafi,0.25,Reviewed,kafi :: bob :: Jan 3 - 0.25h,
                3,2025-01-04,ada,kafi,1,Reviewed,kafi :: ada :: Jan 4 - 1h,windows

                """#)
        #expect(try await held.count("SELECT count(*) FROM deployment WHERE status = 'Active'") == 2)
    }

    @Test func theSameFileAgainWritesNothingAndAChangedOneReplaces() async throws {
        let held = try TemporaryBooks()
        let file = "id,date,contractor,project,hours,text\n1,2025-01-02,ada,kafi,1,x\n2,2025-01-02,ada,kafi,2,y\n"
        _ = try await take(file, into: held)
        let version = try await held.version()

        let again = try await take(file, into: held)
        #expect((again.imported, again.updated, again.unchanged) == (0, 0, 2))
        #expect(try await held.version() == version)

        let changed = try await take(
            "id,date,contractor,project,hours\n1,2025-01-02,ada,kafi,1.0\n2,2025-01-02,ada,nghe,2\n3,2025-01-03,,,1\n",
            into: held)
        #expect((changed.imported, changed.updated, changed.unchanged) == (1, 1, 1))
        #expect(changed.createdDeployments == ["ada/nghe"])
        #expect(
            try await held.text("SELECT text FROM timesheet_entry WHERE id = '2'") == "y",
            "what the file has no column for stays")
        #expect(changed.notes.count == 2, "an entry without contractor and project is noted")
    }

    @Test func statusComesFromTheFileUnlessOneIsGiven() async throws {
        let held = try TemporaryBooks()
        let file = "id,date,contractor,project,hours,status\n1,2025-01-02,a,p,1,Completed\n2,2025-01-02,a,p,1,\n"
        _ = try await take(file, into: held)
        #expect(try await held.text("SELECT status FROM timesheet_entry WHERE id = '1'") == "Completed")
        #expect(try await held.text("SELECT status FROM timesheet_entry WHERE id = '2'") == "Draft")
        let all = try await take(file, status: .reviewed, into: held)
        #expect(all.updated == 2)
        _ = try await take("id,date,contractor,project,hours\n1,2025-01-02,a,p,1\n", into: held)
        #expect(try await held.text("SELECT status FROM timesheet_entry WHERE id = '1'") == "Reviewed")
    }

    @Test func everyProblemIsNamedWithLineColumnAndReason() async throws {
        let report = try await refusal(
            """
            id,date,contractor,project,hours,status
            1,,ada,kafi,,Draft
            2,2025-02-30,ada,kafi,x,Draft
            3,2025-01-02,ada,kafi,-1,Nope
            "4
            5",2025-01-02,ada,kafi,7,Draft
            ,2025-01-02,ada,kafi,"7,5",Draft
            6,2025-01-02,ada,kafi
            7,2025-01-02,ada,kafi,1,Draft
            7,2025-01-03,ada,kafi,1,Draft
            8,2025-01-02,ada,kafi,,Draft
            """)
        #expect(
            report.problems.map(\.description) == [
                "line 2, column 13 (hours): is empty; hours as 7.5 are needed",
                "line 3, column 3 (date): '2025-02-30' is not a day; 2025-01-31 is the form",
                "line 3, column 23 (hours): 'x' is not a number; 7.5 is the form",
                "line 4, column 23 (hours): -1 hours are outside 0 to 1000000 with at most 9 decimals",
                "line 4, column 26 (status): 'Nope' is none of Draft, Pending Feedback, Reviewed, Completed",
                "line 5, column 1 (id): holds a control character",
                "line 7, column 1 (id): is empty; an id is needed",
                "line 7, column 22 (hours): '7,5' is not a number; 7.5 is the form",
                "line 8, column 1: the record has 4 fields, the header 6",
                "line 10, column 1 (id): stands on line 9 already",
                "line 11, column 23 (hours): is empty; hours as 7.5 are needed",
            ])
        #expect((report.read, report.skipped, report.imported) == (9, 8, 0))
    }

    @Test func anEntryWithoutADayIsTakenAndCountsInNoMonth() async throws {
        let held = try TemporaryBooks()
        let file = "id,date,contractor,project,hours,status\n1,,ada,kafi,7,Reviewed\n2,2025-01-02,ada,kafi,1,Reviewed\n"
        let report = try await take(file, into: held)
        #expect(report.imported == 2)
        #expect(report.notes == ["entries without a day, which count in no month: 1"])
        #expect(try await take(file, into: held).unchanged == 2)
        #expect(try await LocalRun(held.books)(SyncParameters(month: .january, force: true)).details[0].totalHours == 1)
        let overview = try await held.books.overview()
        #expect(overview.entries == 2)
        #expect(overview.months.map(\.entries) == [1])
        #expect(
            String(decoding: try await held.export(.timesheets), as: UTF8.self).contains("\n1,,ada,kafi,7,Reviewed,"))
    }

    @Test func badRecordsMayBeLeftOutWithAReport() async throws {
        let held = try TemporaryBooks()
        let report = try await take(
            "id,date,contractor,project,hours\n1,x,ada,kafi,7\n2,2025-01-02,ada,kafi,1\n3,2025-01-02,bob\n",
            skipBad: true, into: held)
        #expect((report.read, report.imported, report.skipped) == (3, 1, 2))
        #expect(report.problems.map(\.line) == [2, 4])
        #expect(report.createdContractors == ["ada"])
    }

    @Test(
        arguments: [
            ("id,date,contractor,hours\n1,2025-01-02,ada,1\n", "project", "no such column"),
            ("id;date;contractor;project;hours\n1;2025-01-02;ada;p;1\n", nil, "separated by semicolons"),
            ("id\tdate\tcontractor\tproject\thours\n1\t2025-01-02\tada\tp\t1\n", nil, "separated by tabs"),
            ("id,id,date,contractor,project,hours\n", "id", "2 columns"),
            ("", nil, "empty"), ("\n\n", nil, "empty"),
            ("id,date,contractor,project,hours\n1,2025-01-02,ada,\"kafi,1\n", nil, "never ends"),
        ] as [(String, String?, String)])
    func aFileThatCannotBeReadIsRefusedWhateverMayBeSkipped(text: String, field: String?, reason: String) async throws {
        let report = try await refusal(text, skipBad: true)
        #expect(report.problems.count == 1)
        #expect(report.problems.first?.field == field)
        #expect(report.problems.first?.message.contains(reason) == true)
    }

    @Test func aMappedColumnThatIsNotThereIsRefused() async throws {
        let file = "id,date,contractor,project,hours,text\n1,2025-01-02,ada,kafi,1,x\n"
        let report = try await refusal(file, map: "text=summry")
        #expect(report.problems.first?.field == "summry")
        #expect(report.problems.first?.message.contains("id, date, contractor") == true)
    }

    @Test(arguments: ["contractor", "=x", "id=", "nothing=x", "id=a,id=b"])
    func aMappingThatMakesNoSenseIsRefused(text: String) {
        #expect(throws: MappingError.self) { try ColumnMapping(text, for: .timesheets) }
    }

    @Test func aByteOrderMarkIsNotedAndPassedOver() async throws {
        let held = try TemporaryBooks()
        let report = try await take(
            "\u{FEFF}id,date,contractor,project,hours\r\n1,2025-01-02,ada,kafi,1\r\n", into: held)
        #expect(report.imported == 1)
        #expect(report.notes.first?.contains("byte order mark") == true)
    }

    @Test func aLargeFileIsOneTransaction() async throws {
        let held = try TemporaryBooks()
        let before = held.books.database.statistics.commits
        _ = try await BooksImport(.timesheets, format: .csv)
            .run(SampleBooks.timesheetsCSV(month: .january), into: held.books)
        #expect(held.books.database.statistics.commits == before + 1)
    }

    // MARK: JSON

    @Test func jsonIsTakenLikeCSV() async throws {
        let held = try TemporaryBooks()
        let report = try await take(
            """
            [{"id": 1, "date": "2025-01-02", "contractor": "ada", "project": "kafi", "hours": 7.5, "x": [1]},
             {"id": "2", "date": "2025-01-02", "contractor": null, "project": "kafi", "hours": "0.1",
              "status": "Reviewed"}]
            """, format: .json, into: held)
        #expect(report.imported == 2)
        #expect(report.notes.first == "not used: x")
        #expect(
            JSON.text(try JSON.decode(JSONValue.self, from: try await held.export(.timesheets, .json))) == """
                [{"id":"1","date":"2025-01-02","contractor":"ada","project":"kafi","hours":7.5,"status":"Draft",\
                "title":"kafi :: ada :: Jan 2 - 7.5h","text":""},\
                {"id":"2","date":"2025-01-02","contractor":null,"project":"kafi","hours":0.1,"status":"Reviewed",\
                "title":"kafi ::  :: Jan 2 - 0.1h","text":""}]
                """)
    }

    @Test func problemsInJSONHaveLineAndColumnToo() async throws {
        let report = try await refusal(
            """
            [
              {"id": "1", "date": "2025-01-02", "contractor": "ada", "project": "kafi", "hours": "x"},
              {"id": "2", "contractor": "ada", "project": "kafi", "hours": 1},
              {"id": "3", "date": {}, "contractor": "ada", "project": "kafi", "hours": 1}
            ]
            """, format: .json)
        #expect(
            report.problems.map(\.description) == [
                "line 2, column 86 (hours): 'x' is not a number; 7.5 is the form",
                "line 4, column 23 (date): is an object or an array",
            ])
    }

    @Test(arguments: [
        ("{}", 1, 1), ("[{\"id\":1}", 1, 10), ("[\n {\"id\":1},\n 7]", 3, 2), ("[{\"id\":1,\"id\":2}]", 1, 10),
    ])
    func textThatIsNoArrayOfObjectsIsRefused(text: String, line: Int, column: Int) async throws {
        let report = try await refusal(text, format: .json, skipBad: true)
        #expect(report.problems.contains { ($0.line, $0.column) == (line, column) }, "\(report.problems)")
    }

    // MARK: The other tables

    @Test func contractorsProjectsDeploymentsAndRatesAreTakenByTheirOwnColumns() async throws {
        let held = try TemporaryBooks()
        _ = try await take("id,discord,name\nc1,ada,Ada M.\nc2,,\n", .contractors, into: held)
        _ = try await take("id,code\np1,kafi\n", .projects, into: held)
        _ = try await take("contractor,project\nc1,p1\n", .deployments, into: held)
        _ = try await take("id,contractor,payday,start_date\nr1,c1,15,2025-01-01\nr2,c2,,\n", .rates, into: held)
        let report = try await take("id,date,contractor,project,hours\n1,2025-01-02,c1,p1,1\n", into: held)

        #expect(report.createdContractors + report.createdProjects + report.createdDeployments == [])
        #expect(try await held.text("SELECT title FROM timesheet_entry") == "kafi :: ada :: Jan 2 - 1h")
        #expect(try await held.text("SELECT discord FROM contractor WHERE id = 'c2'") == "c2")
        #expect(try await held.books.activeRate(of: "c1", in: .january)?.payday == 15)
        #expect(try await held.books.activeRate(of: "c2", in: .january)?.payday == 0)

        let renamed = try await take("id,discord\nc1,ada.m\n", .contractors, into: held)
        #expect(renamed.updated == 1)
        #expect(try await held.text("SELECT name FROM contractor WHERE id = 'c1'") == "Ada M.")
        let ended = try await take("contractor,project,status\nc1,p1,Ended\n", .deployments, into: held)
        #expect(ended.updated == 1)
        #expect(try await held.books.activeDeployments(discord: nil).isEmpty)
    }

    /// Any sign may stand in either of the two that identify a record.
    @Test func recordsOfDifferentPairsAreDifferentWhateverTheirIDsHold() async throws {
        let held = try TemporaryBooks()
        let file = "id,date,contractor,project,hours\n1,2025-01-02,a/b,c,1\n2,2025-01-02,a,b/c,1\n"
        #expect(try await take(file, into: held).createdDeployments == ["a%2Fb/c", "a/b%2Fc"])
        #expect(
            try await take("contractor,project\na/b,c\na,b/c\n", .deployments, into: held).unchanged == 2)
        _ = try await take("id\na is b\n", .contractors, into: held)
        #expect(
            try await take("contractor,position\na is b,c\na,b is c\n", .positions, into: held).imported == 2)
        let appointments = "clinic,appointment_id,appointment_day\na b,c,2025-01-02\na,b c,2025-01-02\n"
        #expect(try await take(appointments, .appointments, into: held).imported == 2)
    }

    @Test func anIDThatTheBooksWouldGiveAndSomebodyHasGivenAwayIsAProblemOfItsLine() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        _ = try await take("id\nbob\n", .contractors, into: held)
        _ = try await take("id,contractor,project\ncleo/mill,bob,kafi\n", .deployments, into: held)
        let refused = try await refusal(
            "id,date,contractor,project,hours\ne2,2025-01-02,cleo,mill,1\n", into: held)
        #expect(
            refused.problems.map(\.message) == [
                "the deployment 'cleo/mill' is that of 'bob' on 'kafi'; first import one of 'cleo' on 'mill' with another id"
            ])
        let left = try await take(
            "id,date,contractor,project,hours\ne2,2025-01-02,cleo,mill,1\n", skipBad: true, into: held)
        #expect((left.skipped, left.createdContractors, left.createdProjects) == (1, [], []))
        _ = try await take("id\ncleo\n", .contractors, into: held)
        _ = try await take("id\nmill\n", .projects, into: held)
        _ = try await take("id,contractor,project\nd9,cleo,mill\n", .deployments, into: held)
        #expect(
            try await take("id,date,contractor,project,hours\ne2,2025-01-02,cleo,mill,1\n", into: held).imported == 1)
    }

    @Test func whatDoesNotFitTheBooksIsAProblemOfItsLine() async throws {
        let held = try await TemporaryBooks.holding("e1 2025-01-02 ada kafi 1 Reviewed x")
        let deployments = """
            id,contractor,project
            d1,nobody,kafi
            d2,ada,nothing
            d3,ada,kafi
            """
        let refused = try await refusal(deployments, .deployments, into: held)
        #expect(refused.problems.map(\.line) == [2, 3, 4])
        #expect(refused.problems.last?.message == "'ada' is deployed on 'kafi' already, by 'ada/kafi'")
        let rates = """
            id,contractor,payday,start_date,end_date
            r1,nobody,1,,
            r2,ada,7,2025-02-01,2025-01-01
            r3,ada,1,,
            """
        let taken = try await take(rates, .rates, skipBad: true, into: held)
        #expect((taken.read, taken.imported, taken.skipped, taken.problems.count) == (3, 1, 2, 3))
    }
}
