import Linux
import MillraceProtocol
import TestSupport
import Testing

@testable import BackOfficeWorker

@Suite struct HandoverTests {
    @Test func aValueIsTakenOnce() {
        let handover = Handover<String>(time: ManualTime())
        handover.put("a", for: JobID(1))
        #expect(handover.take(for: JobID(2)) == nil)
        #expect(handover.take(for: JobID(1)) == "a")
        #expect(handover.take(for: JobID(1)) == nil)
    }

    @Test func whatIsOldIsNotTaken() {
        let time = ManualTime()
        let handover = Handover<String>(time: time)
        handover.put("a", for: JobID(1))
        handover.put("b", for: JobID(2))
        time.advance(by: .seconds(10))
        #expect(handover.take(for: JobID(1)) == "a")
        time.advance(by: .milliseconds(1))
        #expect(handover.take(for: JobID(2)) == nil)
    }

    @Test func onlyTheLastFewAreKept() {
        let handover = Handover<Int>(time: ManualTime())
        for number in 1...6 { handover.put(number, for: JobID(Int64(number))) }
        #expect((1...6).map { handover.take(for: JobID(Int64($0))) } == [nil, nil, 3, 4, 5, 6])
    }
}
