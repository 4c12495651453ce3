import Glibc
import Linux
import TestSupport
import Testing

@testable import Calendars

struct ExpressionErrorTests {
    @Test(arguments: [
        ("24:00", 1, "hour 24 is out of range", "0 to 23"),
        ("10:75", 4, "minute 75 is out of range", "0 to 59"),
        ("10:00:61", 7, "second 61 is out of range", "0 to 59.999999"),
        ("*-13-01", 3, "month 13 is out of range", "1 to 12"),
        ("*-*-32", 5, "day 32 is out of range", "1 to 31"),
        ("*-*~29", 5, "day from the end of the month 29 is out of range", "1 to 28"),
        ("3000-01-01", 1, "year 3000 is out of range", "1970 to 2199, or 00 to 99 for 1970 to 2069"),
        (
            "Mon..Wed,Fri..Tue 10:00", 15, "the range of weekdays ends before it begins",
            "two ranges, for the week begins on Monday: “Fri..Sun,Mon..Tue”"
        ),
        ("Mon.. 10:00", 6, "the range of weekdays is open", "a weekday here"),
        ("Mony 10:00", 4, "“y” after a weekday", "“,”, “..” or a space"),
        (
            "never", 1, "“never” is no weekday and no shorthand",
            "one of Mon to Sun, or minutely, hourly, daily, weekly, monthly, quarterly, semiannually, yearly"
        ),
        ("*:0/0", 5, "a step of 0 never comes on", "1 or more"),
        ("*:59/5", 6, "the step leads out of the field at once", "59 alone, or a shorter step or an earlier start"),
        ("*:0/60", 5, "the step is longer than the field", "at most 59"),
        (
            "*-12-25..20", 10, "the range ends before it begins",
            "the smaller number first, or two ranges such as 25..31,1..20"
        ),
        ("2026-06-15T10:00:00", 11, "“T” after a number", "“..”, “/”, “,” or the next field"),
        ("2026-06-15 10:00:00 +02:00", 20, "“ ” after the time", "the end, or a zone such as Europe/Berlin"),
        ("*:*/5", 4, "“/” after the minute", "the end, “:” and the second, or a zone"),
        ("*:4,*", 5, "“*” instead of a number", "a number, or “*” alone"),
        ("7", 2, "the end after the hour", "“:” and the minute, such as 09:00"),
        ("", 1, "there is no date and no time", "“daily”, “Mon..Fri 09:00” or the like"),
        ("@x", 2, "no number after “@”", "the seconds since 1970-01-01 00:00:00 UTC"),
        ("*:*:1..1.5", 8, "the range of seconds is shorter than a second", "a step, such as /0.1, or a longer range"),
        ("ä 10:00", 1, "“ä” instead of a number", "a number, or “*” alone"),
        ("10:00:äö", 7, "“ä” instead of a number", "a number, or “*” alone"),
    ])
    func ofOnCalendarPointAtTheCharacter(text: String, column: Int, problem: String, remedy: String) {
        expect(column, problem, remedy, of: text) { _ = try OnCalendar($0) }
    }

    @Test(arguments: [
        ("60 * * * *", 1, "minute 60 is out of range", "0 to 59"),
        ("* 24 * * *", 3, "hour 24 is out of range", "0 to 23"),
        ("* * 0 * *", 5, "day of month 0 is out of range", "1 to 31"),
        ("* * * FOO *", 7, "“FOO” is no month", "1 to 12 or JAN to DEC"),
        ("0 0 * JANUARY *", 7, "“JANUARY” is no month", "1 to 12 or JAN to DEC"),
        ("* * * * 8", 9, "day of week 8 is out of range", "0 to 7 or SUN to SAT"),
        ("0 0 * * Fri-Sun", 13, "the range ends before it begins", "Fri-7, for Sunday is 0 and 7"),
        ("5-1 * * * *", 3, "the range ends before it begins", "two ranges with a comma between them"),
        ("*/0 * * * *", 3, "a step of 0 never comes on", "1 or more"),
        ("1,,2 * * * *", 3, "“,” is no minute", "0 to 59"),
        ("1.5 * * * *", 2, "“.” in the minute", "“,”, “-”, “/” or the next field"),
        ("* * * *", 8, "the day of week is missing", "5 fields: minute, hour, day of month, month, day of week"),
        (
            "* * * * * *", 11, "a field follows after the day of week",
            "5 fields: minute, hour, day of month, month, day of week; six with the second first have to be asked for"
        ),
        ("0 0 * * 1#7", 11, "no week of the month after “#”", "1 to 5"),
        ("0 0 15W * *", 7, "“W” in the day of month", "“,”, “-”, “/” or the next field"),
        ("@reboot", 1, "@reboot is no time of a calendar", "a time, or a schedule that runs at the start"),
        ("@every 5m", 8, "something follows after @every", "nothing"),
        (
            "@DAILY", 1, "there is no macro @DAILY",
            "one of @yearly @annually @monthly @weekly @daily @midnight @hourly, in small letters"
        ),
    ])
    func ofCronPointAtTheCharacter(text: String, column: Int, problem: String, remedy: String) {
        expect(column, problem, remedy, of: text) { _ = try CronExpression($0) }
    }

    private func expect(
        _ column: Int, _ problem: String, _ remedy: String, of text: String, _ read: (String) throws -> Void
    ) {
        let error = #expect(throws: ExpressionError.self) { try read(text) }
        #expect(error == ExpressionError(expression: text, column: column, problem: problem, remedy: remedy))
    }

    @Test func aPointerMarksThePlaceBelowTheExpression() {
        let error = #expect(throws: ExpressionError.self) { try OnCalendar("10:75") }
        #expect(error?.pointer == "10:75\n   ^ minute 75 is out of range; right would be 0 to 59")
        #expect(error?.description == "column 4: minute 75 is out of range; right would be 0 to 59")
    }

    @Test func anUnknownZoneIsNamedWithWhatWasMeant() throws {
        let expression = try OnCalendar("daily Europe/Berln")
        let error = #expect(throws: ZoneError.self) { try expression.recurrence(in: .utc) }
        #expect(error?.description == "there is no time zone “Europe/Berln”, did you mean Europe/Berlin?")
    }

    /// Whoever opened this one would wait for its writer for ever.
    @Test func theHintTakesNoFileToBeOpened() throws {
        let folder = TemporaryDirectory()
        try Files.makeDirectory(folder.file("Europe"))
        #expect(mkfifo(folder.file("Europe/Berlin"), 0o600) == 0)
        let error = #expect(throws: ZoneError.self) {
            try ZoneDatabase(folder: folder.path).zone(named: "Europe/Berln")
        }
        #expect(error == .unknown(name: "Europe/Berln", hint: ", did you mean Europe/Berlin?"))
    }

    @Test func namesAreThoseOfFilesThatHoldZones() throws {
        let folder = TemporaryDirectory()
        try Files.makeDirectory(folder.file("Europe"))
        folder.write("TZif2", to: "Europe/Berlin")
        folder.write("none", to: "Europe/Bern")
        folder.write("TZif2", to: "zone1970.tab")
        #expect(ZoneDatabase(folder: folder.path).names() == ["Europe/Berlin"])
    }
}
