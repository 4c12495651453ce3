import Glibc
import Linux
import Testing

@Suite struct SystemErrorTests {
    @Test func describesCallTextAndName() {
        let error = SystemError(number: ENOENT, call: "connect /x")
        #expect(error.description == "connect /x: No such file or directory (ENOENT)")
    }

    @Test func anUnknownNumberStillReads() {
        #expect(SystemError(number: 4711, call: "x").description == "x: unknown error (errno 4711)")
    }

    @Test func anInterruptedCallIsRepeated() throws {
        var calls = 0
        let result: Int32 = try retrying("call") {
            calls += 1
            errno = EINTR
            return calls < 3 ? -1 : 7
        }
        #expect(result == 7 && calls == 3)
    }

    @Test func aFailedCallThrowsItsErrno() {
        #expect(throws: SystemError(number: EBADF, call: "close 99999")) {
            try retrying("close 99999") { close(99_999) }
        }
    }
}
