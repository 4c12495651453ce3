import JSONCodec
import TestSupport
import Testing

@testable import BackOffice

/// Tables of what is paid, in and out.
@Suite struct PayoutImportTests {
    private func refusal(_ table: BooksTable, _ csv: String, into held: TemporaryBooks) async throws -> [String] {
        let version = try await held.version()
        let refused = try #require(
            await #expect(throws: ImportRefused.self) {
                try await BooksImport(table, format: .csv).run(Array(csv.utf8), into: held.books)
            })
        #expect(try await held.version() == version)
        return refused.report.problems.map(\.description)
    }

    private func contractors() async throws -> TemporaryBooks {
        let held = try TemporaryBooks()
        try await held.take(.contractors, "id\nada\nbob\n")
        return held
    }

    @Test func aRateKeepsWhatTheFileHasNoColumnForAndLosesWhatTheFileLeavesEmpty() async throws {
        let held = try await contractors()
        try await held.takeRates(["r,ada,,,1,Monthly Fixed,30000000.50,12,VND"])
        try await held.take(.rates, "id,contractor,payday\nr,ada,15\n")
        #expect(
            String(decoding: try await held.export(.rates), as: UTF8.self) == """
                id,contractor,status,start_date,end_date,payday,billing_type,monthly_fixed,hourly_rate,gross_fixed,currency
                r,ada,Active,,,15,Monthly Fixed,30000000.5,12,,VND

                """)
        try await held.take(.rates, "id,contractor,payday,hourly_rate\nr,ada,15,\n")
        #expect(try await held.text("SELECT coalesce(hourly_rate, 'none') FROM contractor_rate") == "none")
    }

    /// Rules match a few words to the letter; the company may have others.
    @Test(
        arguments: [
            (.rates, "id,contractor,payday,billing_type\nr,ada,1,monthly fixed\n", "billing_type", "Monthly Fixed"),
            (.rates, "id,contractor,payday,status\nr,ada,1,active\n", "status", "Active"),
            (.refunds, "id,amount,currency,contractor,status\nf,5,USD,ada,approved\n", "status", "Approved"),
            (.splits, "id,name,amount,currency,person,type,status\ns,S,5,USD,ada,bonus,Pending\n", "type", "Bonus"),
            (.splits, "id,name,amount,currency,person,type,status\ns,S,5,USD,ada,Bonus,PENDING\n", "status", "Pending"),
            (.deployments, "contractor,project,status\nada,kafi,ACTIVE\n", "status", "Active"),
        ] as [(BooksTable, String, String, String)])
    func aKnownWordInOtherLettersIsAMistake(table: BooksTable, csv: String, column: String, word: String) async throws {
        let held = try await contractors()
        try await held.take(.projects, "id\nkafi\n")
        let problems = try await refusal(table, csv, into: held)
        #expect(problems.count == 1)
        #expect(problems[0].contains("(\(column))") && problems[0].hasSuffix("is \(word) meant?"), "\(problems)")
    }

    @Test func otherWordsAreTakenAndNoted() async throws {
        let held = try await contractors()
        func notes(_ table: BooksTable, _ csv: String) async throws -> [String] {
            let report = try await BooksImport(table, format: .csv).run(Array(csv.utf8), into: held.books)
            #expect(report.imported == report.read)
            return report.notes
        }
        #expect(
            try await notes(
                .rates,
                "id,contractor,payday,status,billing_type\nr,ada,1,Ended,Per Day\ns,ada,1,Ended,Mixed\nt,ada,1,,\n")
                == [
                    "status 'Ended' is none of the words that rules know, which are Active; nobody is paid by them: 2",
                    "billing_type 'Per Day' is none of the words that rules know, which are Monthly Fixed, Hourly Rate, "
                        + "Mixed; they pay by the hour: 1",
                ])
        #expect(
            try await notes(
                .splits, "id,name,amount,currency,person,type,status\ns,S,5,USD,ada,Weird,Pending\n")
                == [
                    "type 'Weird' is none of the words that rules know, which are Commission, Bonus, Fee, Service Fee; "
                        + "they are not paid: 1"
                ])
        #expect(
            try await notes(.refunds, "id,amount,currency,contractor,status\nf,5,USD,ada,Approved\n") == [])
    }

    @Test func mistakesAreNamedWithTheirPlace() async throws {
        let held = try await contractors()
        #expect(
            try await refusal(
                .rates, "id,contractor,payday,monthly_fixed,currency\nr,ada,1,\"30,000\",vnd\ns,ada,1,-5,USD\n",
                into: held) == [
                    "line 2, column 9 (monthly_fixed): '30,000' is not an amount; 1250.50 is the form",
                    "line 2, column 18 (currency): 'vnd' is no currency; three letters as in USD are",
                    "line 3, column 9 (monthly_fixed): -5 is outside 0 to 1000000000000000 with at most 6 decimals",
                ])
        #expect(
            try await refusal(
                .refunds, "id,amount,currency,contractor,status\nf,,USD,ada,\ng,5,USD,zoe,Approved\n", into: held)
                == ["line 2, column 3 (amount): is empty", "line 2, column 12 (status): is empty"])
        #expect(
            try await refusal(.refunds, "id,amount,currency,contractor,status\ng,5,USD,zoe,Approved\n", into: held)
                == ["line 2, column 1: there is no contractor 'zoe'"])
        #expect(
            try await refusal(.positions, "contractor,position\nada,Lead\nada,Lead\nada,\n", into: held) == [
                "line 3, column 1 (contractor): stands on line 2 already", "line 4, column 5 (position): is empty",
            ])
        #expect(
            try await refusal(
                .payouts,
                "id,name,amount,currency,person,status,source_kind,source_id\np,x,1,USD,ada,Done,,\nq,x,1,USD,ada,Paid,split,\nr,x,1,USD,ada,Paid,invoice,s\n",
                into: held) == [
                    "line 2, column 15 (status): 'Done' is none of New, Pending, Paid, Cancelled",
                    "line 3, column 26 (source_id): is empty; a source needs a kind and an id",
                    "line 4, column 20 (source_kind): 'invoice' is none of order, refund, split",
                ])
    }

    @Test func aPayoutThatDoesNotFitWhatTheBooksHoldIsRefusedInWords() async throws {
        let held = try await TemporaryBooks.december(
            hours: ["ada": "1", "bob": "1"], rates: ["ra,ada,,,1,Hourly Rate,,1,USD"])
        _ = try await held.books.create(.example("ord-202512-ada", person: "ada"))
        let header = "id,name,amount,currency,person,status,source_kind,source_id,rate\n"
        #expect(
            try await refusal(
                .payouts,
                header + """
                    p1,x,1,USD,ada,Paid,order,ord-202512-ada,
                    p2,x,1,USD,ada,Paid,order,ord-202512-bob,
                    p3,x,1,USD,ada,Paid,refund,r1,
                    p4,x,1,USD,bob,Paid,,,ra
                    p5,x,1,USD,zoe,Paid,,,
                    """, into: held) == [
                    "line 2, column 1: 'ord-202512-ada' is paid by 'pay-ord-202512-ada' already; cancel that first",
                    "line 3, column 1: the order 'ord-202512-bob' is not that of 'ada'",
                    "line 4, column 1: there is no refund 'r1'",
                    "line 5, column 1: the rate 'ra' is not that of 'bob'",
                    "line 6, column 1: there is no contractor 'zoe'",
                ])
        // Cancelled first, in the same file.
        try await held.take(
            .payouts,
            header + """
                pay-ord-202512-ada,x,1,USD,ada,Cancelled,order,ord-202512-ada,
                p1,x,1,USD,ada,Paid,order,ord-202512-ada,ra
                p6,Bonus,1,USD,ada,Paid,,,
                """)
        #expect(try await held.books.payouts().map(\.type.rawValue) == ["Service Fee", "Extra Payment", "Service Fee"])
    }

    @Test(arguments: TableFormat.allCases)
    func whatIsExportedImportsUnchanged(format: TableFormat) async throws {
        let held = try await TemporaryBooks.sample()
        for table in SampleBooks.tables {
            try await held.take(table, String(decoding: SampleBooks.csv(table, month: .january), as: UTF8.self))
        }
        for type in [PayoutRunType.refund, .split] {
            #expect(try await LocalPayouts(held.books)(PayoutParameters(type: type)).created == 3)
        }
        let copy = try TemporaryBooks()
        for table in BooksTable.allCases where table.importable && table != .clinics && table != .appointments {
            let bytes = try await held.export(table, format)
            let same = try await BooksImport(table, format: format).run(bytes, into: held.books)
            #expect((same.imported, same.updated, same.unchanged) == (0, 0, same.read), "\(table)")
            #expect(same.read > 0)
            _ = try await BooksImport(table, format: format).run(bytes, into: copy.books)
            #expect(try await copy.export(table, format) == bytes, "\(table)")
        }
    }
}
