import Linux
import Tables
import Testing

@testable import Categorization

@Suite struct ExpenseTableTests {
    private func table(_ text: String, _ change: (inout ExpenseTable.Columns) -> Void = { _ in }) -> ExpenseTable {
        var columns = ExpenseTable.Columns(texts: ["text"], label: "label")
        change(&columns)
        return ExpenseTable(Array(text.utf8), columns)
    }

    @Test func columnsAreFoundByTheirNameWhereverTheyStand() {
        let table = table(
            "amount, label ,date,other,text\n-12.50,Fuel,2026-11-21T08:00:00Z,x,\"Shell, \"\"A1\"\"\nNord\"\n"
        ) {
            $0.amount = "amount"
            $0.date = "date"
            $0.group = "other"
        }
        #expect(table.problems.isEmpty)
        #expect(table.rows.count == 1 && table.read == 1)
        #expect(table.rows[0].example.label == "Fuel")
        #expect(table.rows[0].example.example.texts == ["Shell, \"A1\"\nNord"])
        #expect(table.rows[0].example.example.amount == -12.5)
        #expect(table.rows[0].example.example.date == CivilDate(year: 2026, month: 11, day: 21))
        #expect(table.rows[0].group == "x")
    }

    @Test func aColumnThatIsNotThereIsNamedWithWhatWasProbablyMeant() {
        let table = table("txt,label\na,b\n")
        #expect(table.isUnusable && table.rows.isEmpty)
        #expect(
            table.problems.map(\.description) == [
                "line 1, column 1 (text): there is no such column, did you mean txt?; the file has txt, label"
            ])
    }

    @Test func whatIsSeparatedBySemicolonsIsToldOnce() {
        let table = table("text;label\na;b\n")
        #expect(table.isUnusable)
        #expect(
            table.problems.map(\.message) == [
                "the columns are separated by semicolons; save the file with commas between them"
            ])
    }

    @Test func aColumnThatIsThereTwiceCannotBeMeant() {
        #expect(table("text,label,text\na,b,c\n").problems.first?.message == "there are 2 columns of this name")
    }

    @Test func mistakesInRowsAreToldWithTheirPlaceAndHarmNoOtherRow() {
        let table = table(
            "text,label,amount,date\na,,1,\nb,B,1.2.3,\nc,C,,2026-02-30\nd,D\n\"e\ne\",E,,\nf,F,4,2026-01-02\n"
        ) {
            $0.amount = "amount"
            $0.date = "date"
        }
        #expect(
            table.problems.map(\.description) == [
                "line 2, column 3: the label is empty",
                "line 3, column 5: \"1.2.3\" is no amount such as -12.50",
                "line 4, column 6: \"2026-02-30\" is no day such as 2026-11-21",
                "line 5, column 1: the row has 2 fields, the header 4",
            ])
        #expect(table.rows.map(\.example.label) == ["E", "F"])
        #expect(table.rows.map(\.line) == [6, 8], "a field of two lines moves what comes after it")
        #expect(table.read == 6 && !table.isUnusable)
    }

    @Test func whereThatIsAskedForARowCountsWithoutAnAmountOrADayThatCannotBeRead() {
        let table = table("text,label,amount,date\na,,1,\nb,B,1.2.3,2026-01-02\nc,C,4,soon\n") {
            $0.amount = "amount"
            $0.date = "date"
            $0.doesWithoutUnreadable = true
        }
        #expect(table.problems.map(\.line) == [2, 3, 4])
        #expect(table.rows.map(\.example.label) == ["B", "C"], "only the row without a label is left out")
        #expect(table.rows.map(\.example.example.amount) == [nil, 4])
        #expect(table.rows[0].example.example.date == CivilDate(year: 2026, month: 1, day: 2))
        #expect(table.rows[1].example.example.date == nil)
    }

    private func ids(_ text: String, label: String? = "label", _ id: String? = nil) -> [String] {
        var columns = ExpenseTable.Columns(texts: ["text"], label: label)
        columns.makesIDs = true
        columns.needsLabel = false
        columns.id = id
        return ExpenseTable(Array(text.utf8), columns).rows.map(\.id)
    }

    @Test func anIDIsMadeOfTheRowAndNotOfWhereItStands() {
        let january = ids("text,day,label\nShell,2026-01-03,Fuel\nShell,2026-01-09,Fuel\n")
        #expect(Set(january).count == 2 && january.allSatisfy { $0.utf8.count == 20 && $0.hasPrefix("csv-") })
        let february = ids("text,day,label\nShell,2026-02-03,Fuel\nShell,2026-01-09, Food \n")
        #expect(february[1] == january[1], "whatever its line, and its label")
        #expect(february[0] != january[0], "a column that was not asked for parts them")
        #expect(ids("text,day\nShell,2026-01-03\n", label: nil) == [january[0]], "before there was a label, too")
        #expect(ids("text,day\nShell2026-01-03,\n", label: nil) != [january[0]])
    }

    @Test func rowsThatAreAlikeAreCounted() {
        let twice = ids("text,label\nShell,\nEsso,\nShell,Fuel\nShell,\n")
        #expect(twice[2] == twice[0] + "-2" && twice[3] == twice[0] + "-3" && twice[1] != twice[0])
        #expect(ids("text,label\nShell,\n") == [twice[0]])
    }

    @Test func anIDOfTheFileStandsAndAMissingOneIsMade() {
        let found = ids("text,id\nShell,e-1\nEsso,\n", label: nil, "id")
        #expect(found[0] == "e-1" && found[1].hasPrefix("csv-"))
        #expect(table("text,label\na,b\n").rows.map(\.id) == [""], "only where that is asked for")
    }

    @Test func rowsOfOneIDThatSayDifferentThingsAreAllMistakes() {
        let table = table("text,label,id\nShell,Fuel,a\nEsso,Fuel,b\nEsso,Fuel,a\nEsso,,c\nEsso,Fuel,b\n") {
            $0.id = "id"
        }
        #expect(
            table.problems.map(\.description) == [
                "line 2, column 1 (id): \"a\" stands on the lines 2, 4 for different expenses; give each an id of its own",
                "line 4, column 1 (id): \"a\" stands on the lines 2, 4 for different expenses; give each an id of its own",
                "line 5, column 6: the label is empty",
            ])
        #expect(table.rows.map(\.line) == [3, 6], "the same once more is no mistake")
    }

    @Test func aFileMayHaveNoLabels() {
        let table = ExpenseTable(Array("text\nShell\n".utf8), ExpenseTable.Columns(texts: ["text"], label: nil))
        #expect(table.problems.isEmpty && table.rows.map(\.example.label) == [""])
    }

    @Test(arguments: ["", "text,label\n", "text,label\n\"a,b\n", "text,label\na,\"b\"c\n"])
    func aFileThatCannotBeReadSaysSo(text: String) {
        let table = table(text)
        #expect(table.isUnusable && table.rows.isEmpty && table.problems.count == 1)
    }
}
