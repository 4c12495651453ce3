import Linux
import MillraceProtocol
import Testing
import WebClient

@Suite struct AnAnswerThatIsNoSuccess {
    private func failure(_ status: Int, _ headers: WebHeaders = [:]) throws -> RPCError? {
        let request = WebRequest(.get, try WebURL("https://example.org/secret?key=word"))
        let now = Timestamp(milliseconds: 0)
        return WebResponse(status: status, headers: headers).failure(of: request, now: now)?.rpcError
    }

    @Test(arguments: [
        (301, StatusWord.failedPrecondition), (400, .invalidArgument), (401, .permissionDenied),
        (402, .failedPrecondition), (403, .permissionDenied), (404, .notFound), (408, .deadlineExceeded),
        (409, .aborted), (410, .failedPrecondition), (418, .failedPrecondition), (429, .resourceExhausted),
        (500, .unavailable), (502, .unavailable), (503, .unavailable), (504, .deadlineExceeded), (599, .unavailable),
    ])
    func hasAStatusWord(status: Int, word: StatusWord) throws {
        let error = try #require(try failure(status))
        #expect(error.status == word)
        #expect(error.reason == "http.status")
        #expect(error.details?.text == "{\"httpStatus\":\(status)}")
    }

    @Test(arguments: [200, 201, 204, 299])
    func isNotMadeOfASuccess(status: Int) throws {
        #expect(try failure(status) == nil)
    }

    @Test func saysWhenToTryAgainWhereThatHelps() throws {
        #expect(try failure(429, ["retry-after": "7"])?.retryAfterMs == 7000)
        #expect(try failure(503, ["Retry-After": "Thu, 01 Jan 1970 00:00:09 GMT"])?.retryAfterMs == 9000)
        #expect(try failure(503)?.retryAfterMs == nil)
        #expect(try failure(404, ["Retry-After": "7"])?.retryAfterMs == nil)
    }

    @Test func doesNotTellThePath() throws {
        #expect(try failure(404)?.message == "https://example.org answered 404")
    }
}
