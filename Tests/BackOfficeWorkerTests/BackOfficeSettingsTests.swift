import BackOffice
import Linux
import Testing

@testable import BackOfficeWorker

@Suite struct BackOfficeSettingsTests {
    @Test func thePoolSizeComesFromItsVariable() {
        #expect(BackOfficeSettings { _ in nil }.pool.workers == 5)
        #expect(BackOfficeSettings { $0 == "TASK_ORDER_LOG_WORKER_POOL_SIZE" ? "25" : nil }.pool.workers == 20)
    }

    @Test(
        arguments: [
            (["MILLRACE_BOOKS": "/a/b.sqlite", "MILLRACE_STATE": "/s"], "/a/b.sqlite"),
            (["MILLRACE_STATE": "/s", "STATE_DIRECTORY": "/t"], "/s/data/books.sqlite"),
            (["STATE_DIRECTORY": "/t:/u"], "/t/books.sqlite"),
            (["MILLRACE_BOOKS": ""], "/var/lib/millrace/books.sqlite"),
            ([:], "/var/lib/millrace/books.sqlite"),
        ] as [([String: String], String)])
    func theBooksAreFoundInOrder(environment: [String: String], path: String) {
        #expect(BackOfficeSettings { environment[$0] }.booksPath == path)
    }

    @Test(arguments: [(nil, 0), ("150", 150), ("-1", 0), ("soon", 0), ("99999999", 60_000)] as [(String?, Int)])
    func aRehearsalHasABoundedDelay(text: String?, milliseconds: Int) {
        let settings = BackOfficeSettings { $0 == "MILLRACE_REHEARSAL_DELAY_MS" ? text : nil }
        #expect(settings.rehearsalDelay == .milliseconds(milliseconds))
    }
}
