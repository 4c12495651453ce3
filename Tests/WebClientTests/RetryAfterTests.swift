import Linux
import Testing
import WebClient

@Suite struct TheHeaderRetryAfter {
    /// 1994-11-06T08:49:37Z, the date of the RFC's examples.
    let example = Timestamp("1994-11-06T08:49:37Z")!

    @Test(arguments: [("0", 0), ("1", 1), ("120", 120), ("86400", 86_400), ("86401", 86_400)])
    func isANumberOfSeconds(text: String, seconds: Int) {
        #expect(RetryAfter.read(text, now: example) == .seconds(seconds))
    }

    @Test func isHeldWhenItIsLongerThanANumberCanBe() {
        #expect(RetryAfter.read(String(repeating: "9", count: 40), now: example) == RetryAfter.longest)
    }

    @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])
    func isADate(text: String) {
        let before = Timestamp(milliseconds: example.milliseconds - 90_500)
        #expect(RetryAfter.read(text, now: before) == .milliseconds(90_500))
        #expect(RetryAfter.read(text, now: Timestamp(milliseconds: example.milliseconds + 1)) == .zero)
    }

    @Test func isADateOfTheOldFormWithAYearOfTwoDigits() {
        let before = Timestamp("2026-11-21T05:00:00Z")!
        #expect(RetryAfter.read("Saturday, 21-Nov-26 05:00:30 GMT", now: before) == .seconds(30))
    }

    @Test(arguments: [
        "", " 5", "5 ", "-5", "+5", "5.5", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "Sunday, 06-Nov-1994 08:49:37 GMT", "٥",
    ])
    func isPassedOverWhenItIsNeither(text: String) {
        #expect(RetryAfter.read(text, now: example) == nil)
    }
}
